"""The tables that the API and its webhooks need: answers by idempotency key, webhooks, and each message to one."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.store.columns import keyed, moment, needed, now, refers, table

answers = keyed(  # what a request with an idempotency key was answered: sent again, it gets the same answer
    "answers",
    ("author", "key"),
    needed("author", Text),
    needed("key", Text),
    needed("request_sha256", LargeBinary),
    Column("status", SmallInteger),  # none: its transaction is not over
    Column("body", JSONB),
    now("created_at"),
)
Index("answers_time_idx", answers.c.created_at)

webhooks = table(
    "webhooks",
    needed("url", Text),
    needed("events", ARRAY(Text)),
    needed("secret_sha256", LargeBinary),  # the stored file that holds the secret, sealed like all of them
    needed("author", Text),
    needed("failures", Integer, "0"),  # in a row
    moment("rest_until"),  # after failures: nothing is sent to it before
    moment("removed_at"),
    now("created_at"),
)

messages = table(
    "messages",
    needed("webhook_id", BigInteger),
    needed("event", Text),
    needed("body", JSONB),
    needed("state", Text, "'waiting'"),
    needed("tries", Integer, "0"),
    Column("last_answer", Text),
    moment("sent_at"),
    now("created_at"),
    refers("webhook_id", "webhooks"),
    CheckConstraint("state IN ('waiting', 'delivered', 'given up')", name="state"),
)
Index("messages_webhook_idx", messages.c.lender_id, messages.c.webhook_id, messages.c.id)
