"""Our few exceptions: what is wrong with the program, its machine or its call. Wrong documents are findings instead.

LoanLensError
 ├─ UsageError          the caller asked for something that cannot be done
 │   ├─ NotFound        there is nothing of that name or number for this caller
 │   └─ AlreadyKnown    there is one of that name already, and it is another
 ├─ SetupError          something this machine needs is missing or broken
 ├─ ReaderCrashed       the reading process died more often than it may
 ├─ ReasonerFailed      the reasoner gave no answer; the rules stand in
 ├─ BlobDamaged         a stored file is missing or not what was stored
 ├─ Forbidden           the user may not do this
 ├─ NotSignedIn         the password, session, API key or token does not hold
 └─ ChangedMeanwhile    somebody else changed it since it was seen
"""


class LoanLensError(Exception):
    """Something is wrong with the program or its machine; the message says what to do."""


class UsageError(LoanLensError):
    """The call cannot be carried out as given."""


class NotFound(UsageError):
    """There is nothing of that name or number for this caller."""


class AlreadyKnown(UsageError):
    """There is one of that name already, and it is another."""


class SetupError(LoanLensError):
    """A part that this machine needs is missing or broken."""


class ReaderCrashed(LoanLensError):
    """The reading process could not be started or kept alive."""


class ReasonerFailed(LoanLensError):
    """The reasoner gave no answer that can be read; the message continues "it ..."."""


class BlobDamaged(LoanLensError):
    """A stored file is missing or not what was stored."""


class Forbidden(LoanLensError):
    """The user may not do this."""


class NotSignedIn(LoanLensError):
    """The password, session, API key or token does not hold."""


class ChangedMeanwhile(LoanLensError):
    """Somebody else changed it since it was seen; the message says who did what."""
