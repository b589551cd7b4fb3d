"""The tables, one for each noun that is kept. Every row belongs to a lender, and keys begin with the lender.

Money is `numeric`, times are aware and UTC. Rows of assessments, corrections, adjustments, decisions and audit entries are only ever added.
The migrations make these tables; a test compares both.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL

from app.store.columns import Printed, keyed, metadata, moment, needed, now, refers, table

lenders = Table("lenders", metadata, Column("id", Text, primary_key=True), needed("name", Text), now("created_at"))

# -- who ---------------------------------------------------------------------------------------------------------------

users = table(
    "users",
    needed("login", Text),
    needed("name", Text),
    needed("roles", ARRAY(Text), "'{}'"),
    Column("password_hash", Text),
    Column("subject", Text),  # at the identity provider
    needed("failed_logins", Integer, "0"),
    moment("locked_until"),
    moment("expires_at"),
    moment("disabled_at"),
    now("created_at"),
    needed("approval_limit", Numeric, "0"),
    moment("password_set_at"),  # none: it must be changed at the next sign-in
    moment("failing_since"),
    UniqueConstraint("lender_id", "login"),
    UniqueConstraint("lender_id", "subject"),
)

api_keys = table(
    "api_keys",
    needed("name", Text),
    needed("prefix", Text),  # shown, so that a person can tell keys apart
    needed("key_hash", LargeBinary),
    needed("scopes", ARRAY(Text), "'{}'"),
    Column("user_id", BigInteger),
    moment("expires_at"),
    moment("revoked_at"),
    moment("last_used_at"),
    now("created_at"),
    refers("user_id", "users"),
    UniqueConstraint("key_hash"),
)

_TOKEN, _USER = needed("token_hash", LargeBinary), (needed("user_id", BigInteger), refers("user_id", "users"))
sessions = keyed("sessions", ("token_hash",), _TOKEN, *_USER, now("last_used_at"), now("created_at"), UniqueConstraint("token_hash"))

# -- what was sent -----------------------------------------------------------------------------------------------------

batches = table(
    "batches",
    needed("reference", Text),
    needed("total", Integer, "0"),
    Column("submitted_by", Text),
    moment("cancelled_at"),
    now("created_at"),
    moment("finished_at"),
    UniqueConstraint("lender_id", "reference"),
)

applications = table(
    "applications",
    needed("reference", Printed),  # the lender's own number of it
    needed("state", Text, "'received'"),
    Column("reason", Printed),  # why it was set aside
    Column("borrower", Printed),
    Column("borrower_key", Text),  # stable: splits by borrower, and its other applications
    Column("product", Text),
    Column("currency", Text),
    Column("amount", Numeric),
    Column("total_exposure", Numeric),
    Column("jurisdiction", Text),
    Column("made_on", Date),
    moment("received_at"),
    moment("complete_at"),
    Column("notice_due_on", Date),
    Column("batch_id", BigInteger),
    Column("job_id", BigInteger),
    moment("purged_at"),
    now("created_at"),
    refers("batch_id", "batches"),
    UniqueConstraint("lender_id", "reference"),
    CheckConstraint("state IN ('received', 'assessed', 'decided', 'quarantined', 'cancelled', 'purged')", name="state"),
)
Index("applications_inbox_idx", applications.c.lender_id, applications.c.received_at.desc(), applications.c.id.desc())
_A = applications.c
Index("applications_state_idx", _A.lender_id, _A.state, _A.received_at.desc(), _A.id.desc())
Index("applications_batch_idx", applications.c.lender_id, applications.c.batch_id, applications.c.id)
Index("applications_borrower_idx", applications.c.lender_id, applications.c.borrower_key)

external_facts = table(
    "external_facts",
    needed("application_id", BigInteger),
    needed("name", Text),
    needed("value", Printed),
    needed("source", Printed),
    needed("as_of", Date),
    Column("entered_by", Text),
    now("created_at"),
    refers("application_id", "applications"),
)
Index("external_facts_application_idx", external_facts.c.lender_id, external_facts.c.application_id, external_facts.c.id)

blobs = keyed(
    "blobs",
    ("sha256",),
    needed("sha256", LargeBinary),
    needed("bytes", BigInteger),
    Column("media_type", Text),
    Column("key_id", Text),  # of the key that it is encrypted with
    moment("purged_at"),
    now("created_at"),
)

documents = table(
    "documents",
    needed("application_id", BigInteger),
    needed("file", Printed),
    needed("sha256", LargeBinary),
    needed("state", Text, "'received'"),
    Column("reason", Printed),
    needed("tries", SmallInteger, "0"),  # begun and not ended readings
    Column("superseded_by", BigInteger),
    Column("received_by", Text),
    now("received_at"),
    refers("application_id", "applications"),
    refers("superseded_by", "documents"),
    CheckConstraint("state IN ('received', 'read', 'quarantined', 'superseded', 'purged')", name="state"),
)
Index("documents_application_idx", documents.c.lender_id, documents.c.application_id, documents.c.id)
Index("documents_sha256_idx", documents.c.lender_id, documents.c.sha256)

pages = keyed(
    "pages",
    ("document_id", "number"),
    needed("document_id", BigInteger),
    needed("number", Integer),
    needed("status", Text),
    needed("kind", Text),
    needed("method", Text),
    needed("rotation", SmallInteger, "0"),
    needed("width", REAL),
    needed("height", REAL),
    Column("reason", Printed),
    refers("document_id", "documents"),
)

# -- what the machine made of it ---------------------------------------------------------------------------------------

assessments = table(
    "assessments",
    needed("application_id", BigInteger),
    needed("version", Integer),
    needed("inputs_sha256", LargeBinary),  # documents, models, rules, policy and code: the same inputs are assessed once
    needed("as_of", Date),
    Column("grade", SmallInteger),
    Column("probability_of_default", Double),
    needed("recommendation", Text),
    needed("route", Text),
    needed("ratios", JSONB, "'[]'"),
    needed("findings", JSONB, "'[]'"),
    needed("reasons", JSONB, "'[]'"),
    needed("versions", JSONB, "'[]'"),
    Column("content_sha256", LargeBinary),  # the blob that holds the whole assessment, to be replayed from
    needed("shadow", Boolean, "false"),  # a challenger's: stored, never routed
    *(now("created_at"), Column("seconds", Double)),  # that it took once everything was read
    refers("application_id", "applications"),
    UniqueConstraint("lender_id", "application_id", "version"),
    UniqueConstraint("lender_id", "application_id", "inputs_sha256"),
)

facts = keyed(
    "facts",
    ("assessment_id", "number"),
    needed("assessment_id", BigInteger),
    needed("number", Integer),
    Column("document_id", BigInteger),  # none: derived from several, or keyed
    needed("kind", Text),  # of the document it was read from
    needed("account", Text),  # or the field's id
    needed("period", Text),
    Column("period_end", Date),
    Column("value", Numeric),
    Column("words", Printed),  # of a field that is no amount
    needed("origin", Text),
    needed("label", Printed),
    needed("printed", Printed),
    needed("page", Integer),
    Column("box", ARRAY(REAL)),
    needed("method", Text),
    needed("confidence", REAL, "0"),
    needed("auto_accept", Boolean, "false"),
    Column("formula", Printed),
    Column("repaired", Printed),
    needed("alternatives", ARRAY(Text), "'{}'"),
    needed("created_on", Date, "CURRENT_DATE"),
    refers("assessment_id", "assessments"),
)
Index("facts_account_idx", facts.c.lender_id, facts.c.account, facts.c.created_on)

# -- what people made of it --------------------------------------------------------------------------------------------

review_tasks = table(
    "review_tasks",
    needed("application_id", BigInteger),
    needed("assessment_id", BigInteger),
    needed("state", Text, "'open'"),
    needed("reasons", JSONB, "'[]'"),
    needed("urgency", Double),  # ln(impact x exposure) less the time received in time constants: the order stays as tasks age
    Column("due_on", Date),
    Column("claimed_by", Text),
    moment("lease_until"),
    needed("revision", Integer, "1"),  # counts changes: who saves on a stale one is told
    moment("closed_at"),
    now("created_at"),
    refers("application_id", "applications"),
    refers("assessment_id", "assessments"),
    CheckConstraint("state IN ('open', 'escalated', 'closed')", name="state"),
    UniqueConstraint("lender_id", "assessment_id"),
)
_UNCLOSED = review_tasks.c.state != "closed"
Index("review_tasks_next_idx", review_tasks.c.lender_id, review_tasks.c.urgency.desc(), review_tasks.c.id, postgresql_where=_UNCLOSED)
Index("review_tasks_due_idx", review_tasks.c.lender_id, review_tasks.c.due_on, review_tasks.c.id, postgresql_where=_UNCLOSED)
Index("review_tasks_mine_idx", review_tasks.c.lender_id, review_tasks.c.claimed_by, postgresql_where=_UNCLOSED)
Index("review_tasks_application_idx", review_tasks.c.lender_id, review_tasks.c.application_id)

_FIGURE = ["lender_id", "assessment_id", "fact_number"]
corrections = table(
    "corrections",
    needed("task_id", BigInteger),
    needed("application_id", BigInteger),
    needed("assessment_id", BigInteger),
    Column("fact_number", Integer),  # none: the item was missing
    needed("kind", Text),  # the gesture: amount, account, period, sign, scale, box, missing, not on the page, undo
    needed("predicted", JSONB, "'{}'"),
    needed("corrected", JSONB, "'{}'"),
    Column("why", Printed),
    Column("undoes", BigInteger),
    needed("author", Text),
    now("created_at"),
    refers("task_id", "review_tasks"),
    refers("application_id", "applications"),
    refers("undoes", "corrections"),
    ForeignKeyConstraint(_FIGURE, [f"facts.{name}" for name in ("lender_id", "assessment_id", "number")], match="SIMPLE"),
)
Index("corrections_application_idx", corrections.c.lender_id, corrections.c.application_id, corrections.c.id)
Index("corrections_time_idx", corrections.c.lender_id, corrections.c.created_at)

adjustments = table(
    "adjustments",
    needed("application_id", BigInteger),
    needed("assessment_id", BigInteger),
    needed("kind", Text),  # add-back, reclassification, normalization
    needed("account", Text),
    needed("period", Text),
    needed("amount", Numeric),
    needed("why", Printed),
    Column("undoes", BigInteger),
    needed("author", Text),
    now("created_at"),
    refers("application_id", "applications"),
    refers("assessment_id", "assessments"),
    refers("undoes", "adjustments"),
)
Index("adjustments_application_idx", adjustments.c.lender_id, adjustments.c.application_id, adjustments.c.id)

decisions = table(
    "decisions",
    needed("application_id", BigInteger),
    needed("assessment_id", BigInteger),
    needed("outcome", Text),
    needed("conditions", JSONB, "'[]'"),
    needed("reasons", JSONB, "'[]'"),
    Column("override_reason", Printed),
    needed("decided_by", Text),
    Column("seconded_by", Text),
    now("created_at"),
    needed("needs_second", Boolean, "false"),
    refers("application_id", "applications"),
    refers("assessment_id", "assessments"),
    CheckConstraint("seconded_by <> decided_by", name="two_people"),
)
Index("decisions_application_idx", decisions.c.lender_id, decisions.c.application_id, decisions.c.id)
Index("decisions_time_idx", decisions.c.lender_id, decisions.c.created_at)

audit_samples = table(  # what nobody needed to look at, and a person is to look at all the same, without being told
    "audit_samples",
    needed("application_id", BigInteger),
    needed("assessment_id", BigInteger),
    Column("fact_number", Integer),  # none: the whole application, which policy had cleared
    needed("seed", Text),
    needed("share", Numeric),
    now("created_at"),
    refers("application_id", "applications"),
    refers("assessment_id", "assessments"),
)
Index("audit_samples_assessment_idx", audit_samples.c.lender_id, audit_samples.c.assessment_id)
Index("audit_samples_application_idx", audit_samples.c.lender_id, audit_samples.c.application_id)

# -- models, audit, retention ------------------------------------------------------------------------------------------

model_versions = table(
    "model_versions",
    needed("name", Text),
    needed("version", Text),
    needed("sha256", Text),
    needed("card", JSONB, "'{}'"),
    Column("registered_by", Text),
    now("created_at"),
    UniqueConstraint("lender_id", "name", "version"),
)

model_moves = table(  # the newest move of an alias says which version has it
    "model_moves",
    needed("name", Text),
    needed("alias", Text),
    needed("version", Text),
    needed("moved_by", Text),
    needed("why", Printed),
    now("created_at"),
    ForeignKeyConstraint(["lender_id", "name", "version"], [f"model_versions.{name}" for name in ("lender_id", "name", "version")]),
)
Index("model_moves_alias_idx", model_moves.c.lender_id, model_moves.c.name, model_moves.c.alias, model_moves.c.id.desc())

audit_entries = keyed(
    "audit_entries",
    ("number",),
    needed("number", BigInteger),  # 1, 2, 3 ... for each lender
    needed("at", DateTime(timezone=True)),
    needed("actor", Text),
    needed("action", Text),
    needed("subject", Text),
    needed("detail", JSONB, "'{}'"),
    needed("previous", LargeBinary),
    needed("hash", LargeBinary),
)
Index("audit_entries_subject_idx", audit_entries.c.lender_id, audit_entries.c.subject, audit_entries.c.number)

audit_heads = keyed("audit_heads", (), needed("number", BigInteger), needed("hash", LargeBinary))  # locked while an entry is added

legal_holds = table(
    "legal_holds",
    needed("application_id", BigInteger),
    needed("why", Printed),
    needed("placed_by", Text),
    now("placed_at"),
    Column("lifted_by", Text),
    moment("lifted_at"),
    refers("application_id", "applications"),
)
_HOLD = legal_holds.c
Index("legal_holds_application_idx", _HOLD.lender_id, _HOLD.application_id, postgresql_where=_HOLD.lifted_at.is_(None))

# -- jobs --------------------------------------------------------------------------------------------------------------

job_records = keyed(  # one for each job of the queue: what makes its effects happen once, and what its lender may see of it
    "job_records",
    ("job_id",),
    needed("job_id", BigInteger),
    needed("name", Text),
    needed("arguments", JSONB, "'{}'"),
    needed("urgency", Text),
    needed("tries", SmallInteger, "0"),
    Column("fault", Printed),  # of the last try
    needed("done", Integer, "0"),
    needed("total", Integer, "0"),
    Column("outcome", Text),
    moment("started_at"),
    moment("finished_at"),
    now("created_at"),
    CheckConstraint("outcome IN ('done', 'quarantined', 'cancelled')", name="outcome"),
)
Index("job_records_name_idx", job_records.c.lender_id, job_records.c.name, job_records.c.created_at)
Index("job_records_unfinished_idx", job_records.c.lender_id, job_records.c.job_id, postgresql_where=job_records.c.outcome.is_(None))

job_turns = keyed(  # the place in the queue that each lender's last job got: lenders take turns
    *("job_turns", ("urgency",)),
    *(needed("urgency", Text), needed("turn", Integer, "0")),
)
