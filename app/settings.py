"""Deployment settings, read once from the environment (prefix `LOANLENS_`). Credit policy and training settings live elsewhere."""

import os
from functools import lru_cache
from pathlib import Path

from croniter import croniter
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
_DATA_DIR = Path("~/.local/share/loanlens")
_ROOTS_DATA_DIR = Path("/var/lib/loanlens")  # the embedded PostgreSQL runs as another account, which cannot enter root's home


class Settings(BaseSettings):
    """What an operator may set. Every limit errs on the safe side; each message that names a limit names its setting."""

    model_config = SettingsConfigDict(env_prefix="LOANLENS_", frozen=True)

    cache_dir: Path = Field(
        default=Path.home() / ".cache" / "loanlens", description="Folder for what can be made again: base weights, exported models."
    )
    data_dir: Path = Field(
        default=_DATA_DIR,
        validate_default=True,
        description=f"Folder for what must be kept: database, uploaded files, keys. For root: `{_ROOTS_DATA_DIR}`.",
    )
    database_url: str = Field(
        default="", description="PostgreSQL 14 or newer, as `postgresql://user:password@host/name`; empty: the embedded one."
    )
    workers: int = Field(default=1, ge=0, le=256, description="Workers that `loanlens up` starts, besides one for people waiting.")
    heartbeat_seconds: float = Field(default=10.0, gt=0, description="Time between two signs of life of a worker.")
    stalled_seconds: float = Field(default=30.0, gt=0, description="Silence after which a worker's jobs are taken over.")
    job_tries: int = Field(default=5, ge=1, description="Tries after which a job or document that fails is set aside, with the reason.")
    stop_seconds: float = Field(default=20.0, gt=0, description="Time that running jobs have to finish when a worker is stopped.")
    extractor_dir: Path = Field(default=PROJECT / "models" / "weights" / "extractor", description="Folder with the extractor in service.")
    page_kind_dir: Path = Field(
        default=PROJECT / "models" / "weights" / "page_kind", description="Folder with the page classifier in service."
    )
    ensemble_dir: Path = Field(
        default=PROJECT / "models" / "weights" / "ensemble", description="Folder with the scorecard and its calibration in service."
    )
    confidence_dir: Path = Field(
        default=PROJECT / "models" / "weights" / "confidence", description="Folder with the confidence in service: what may pass unseen."
    )
    reasoner_dir: Path = Field(
        default=PROJECT / "models" / "weights" / "reasoner", description="Folder with the reasoner's adapter in service."
    )
    models_dir: str = Field(
        default="", description="Folder with the versions of models that were registered; empty: `models` in the data folder."
    )
    shadow_share: float = Field(
        default=0.0, ge=0, le=1, description="Share of the applications that a challenger assesses too, in the background, for comparison."
    )
    drift_psi: float = Field(
        default=0.25, gt=0, description="Population stability index above which what models are given, or say, counts as drifted."
    )
    drift_ks: float = Field(
        default=0.001, gt=0, lt=1, description="Significance of the Kolmogorov-Smirnov test below which it counts as drifted."
    )
    drift_calibration: float = Field(
        default=0.05, gt=0, lt=1, description="Difference of confidence and correctness in the audit sample that is an alert."
    )
    drift_corrections: float = Field(default=0.05, gt=0, le=1, description="Share of the figures read being corrected that is an alert.")
    drift_overrides: float = Field(default=0.2, gt=0, le=1, description="Share of the decisions against the machine that is an alert.")
    drift_acceptance: float = Field(default=0.1, gt=0, le=1, description="Fall of the share accepted unseen that is an alert.")
    canary_share: float = Field(
        default=0.1, gt=0, le=0.5, description="Share of the applications that a canary serves, where its start names none."
    )
    canary_significance: float = Field(
        default=0.01, gt=0, lt=0.5, description="Chance of a false alarm, each time it is looked at, at which a worse canary is stopped."
    )
    canary_slower: float = Field(default=1.5, ge=1, description="Times the champion's seconds a page that a canary may take.")
    canary_fewest: int = Field(default=20, ge=2, description="Applications on each side below which nothing is said of a canary.")
    retrain_cron: str = Field(
        default="0 2 * * 6", description="When the extractor is retrained, as cron in UTC: Saturdays at two; empty: on no schedule."
    )
    retrain_corrections: int = Field(
        default=300, ge=0, description="Judged figures since the last retraining after which the next one begins; 0: never by number."
    )
    retrain_on_drift: bool = Field(
        default=True, description="Retrain where the watch over the models raises an alert, once a week at most."
    )
    retrain_minutes: float = Field(
        default=240.0, gt=0, description="Longest that one try of a retraining may take; the next goes on from it."
    )
    retrain_promotes_as: str = Field(
        default="",
        description="Login of the model owner in whose name a challenger that passes every gate is promoted by itself; empty: never.",
    )
    reasoner_llama: str = Field(
        default="",
        description="The Llama of the adapter: a folder or a name that transformers knows; empty: the packaged SmolLM2-135M-Instruct.",
    )
    reasoner_url: str = Field(
        default="",
        description="OpenAI-compatible server that reasons instead, such as vLLM: `http://host:8000/v1`; empty: in this process.",
    )
    reasoner_model: str = Field(default="", description="The model (or LoRA adapter) to ask that server for.")
    reasoner_key: str = Field(default="", repr=False, description="The key that the server asks for; empty: none.")
    reasoner_seconds: float = Field(default=5.0, gt=0, description="Longest that one try of the reasoner may take.")
    threads: int = Field(default=0, ge=0, description="CPU threads for the models; 0 takes all cores.")
    max_file_bytes: int = Field(default=100_000_000, gt=0, description="Largest file that is read.")
    max_pages: int = Field(default=2_000, gt=0, description="Most pages of one file.")
    max_archive_bytes: int = Field(default=500_000_000, gt=0, description="Most bytes that an archive may unpack to.")
    max_archive_entries: int = Field(default=2_000, gt=0, description="Most entries of an archive.")
    max_page_pixels: int = Field(default=60_000_000, gt=0, description="Most pixels of one page picture.")
    page_seconds: float = Field(default=60.0, gt=0, description="Longest that reading one page may take.")
    page_cpu_seconds: int = Field(
        default=15,
        ge=1,
        description="Processor time that a page may take, four times as much without Tesseract; a quarter once a page of its file failed.",
    )
    file_cpu_seconds: int = Field(
        default=12, ge=1, description="Processor time that a small file may take in all; each megabyte of it gives 500 seconds more."
    )
    max_page_words: int = Field(default=10_000, gt=0, description="Most words of one page, and a tenth of its letters.")
    reader_memory_bytes: int = Field(default=1_900_000_000, gt=0, description="Memory that the reading process may use.")
    readers: int = Field(default=0, ge=0, le=256, description="Reading processes at a time; 0: one per core, divided among the workers.")
    ocr_dpi: int = Field(default=200, ge=72, le=600, description="Resolution at which PDF pages are rendered for OCR.")
    lender_id: str = Field(
        default="lender",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The lender that commands and sign-ins are for, where none is named.",
    )
    blobs_url: str = Field(
        default="", description="Where uploaded files lie: a folder or the URL of object storage (fsspec); empty: in the data folder."
    )
    key_file: str = Field(
        default="",
        description="File with the keys of uploaded files, which are lost without it; empty: `keys.json` in the data folder.",
    )
    password_days: int = Field(default=0, ge=0, description="Days after which a password must be changed; 0: never.")
    sign_in_failures: int = Field(default=5, ge=1, description="Wrong passwords within the lock-out time that lock an account.")
    lock_out_minutes: float = Field(
        default=15.0, gt=0, description="Time that wrong passwords are counted over, and that an account then stays locked."
    )
    session_hours: float = Field(default=12.0, gt=0, description="Longest that a session lasts.")
    session_idle_minutes: float = Field(default=30.0, gt=0, description="Time without use after which a session ends.")
    review_lease_minutes: float = Field(
        default=15.0, gt=0, description="Time without work after which a claimed review task is free for others again."
    )
    audit_seed: str = Field(
        default="1", description="What the random audit sample is drawn by: the same seed draws the same applications and figures."
    )
    api_key_days: int = Field(default=90, ge=1, le=730, description="Days that an API key holds, where none are named.")
    ui_address: str = Field(default="127.0.0.1", description="Address at which the analyst's desk answers; 0.0.0.0: at every one.")
    ui_port: int = Field(default=8501, ge=1, le=65_535, description="Port at which the analyst's desk answers.")
    templates_dir: str = Field(
        default="",
        description="Folder with your own templates of memo, notices and letterhead, or with a folder of them for each lender; what is not"
        " there is the packaged one.",
    )
    api_key: str = Field(default="", repr=False, description="The API key that `loanlens queue` acts with, for scripts.")
    ui_url: str = Field(default="", description="Address by which browsers reach the desk, where that is not its own.")
    api_address: str = Field(default="127.0.0.1", description="Address at which the API answers; 0.0.0.0: at every one.")
    api_port: int = Field(default=8443, ge=1, le=65_535, description="Port at which the API answers.")
    api_processes: int = Field(
        default=1, ge=1, le=16, description="API servers that `loanlens up` starts, all at one port: at most one for each core."
    )
    tls_cert: str = Field(
        default="", description="Certificate chain (PEM) that the API shows; empty: no TLS, for a proxy in front that has it."
    )
    tls_key: str = Field(default="", description="The private key (PEM) of that certificate.")
    api_rate: float = Field(
        default=100.0, gt=0, description="Requests a second that each caller of the API has, over time; each API process counts by itself."
    )
    api_burst: int = Field(default=200, ge=1, description="Requests that a caller may make at once before that rate holds.")
    api_wait_seconds: float = Field(default=30.0, gt=0, le=300, description="Longest that `POST /v1/assess` waits for its result.")
    webhook_hosts: str = Field(
        default="", description="Hosts that webhooks may go to, as `los.bank.example *.internal.example`; empty: none, nothing leaves."
    )
    webhook_ca: str = Field(default="", description="Certificates (PEM) of authorities that vouch for those hosts; empty: the system's.")
    oidc_issuer: str = Field(default="", description="Identity provider (OpenID Connect) whose tokens sign users in; empty: none.")
    oidc_audience: str = Field(default="", description="The name that the identity provider knows this program by.")
    oidc_client_secret: str = Field(
        default="", repr=False, description="The secret it gave this program: people then sign in to the desk by it; empty: by password."
    )
    oidc_metadata: str = Field(
        default="", description="Where it describes itself; empty: `/.well-known/openid-configuration` of the issuer."
    )
    oidc_keys: str = Field(default="", description="The identity provider's keys (JWKS): an https:// address or a file.")
    oidc_algorithms: str = Field(default="RS256 ES256", description="Signature algorithms that are accepted.")
    oidc_leeway_seconds: float = Field(default=60.0, ge=0, le=300, description="How far the provider's clock may be off.")
    oidc_roles_claim: str = Field(default="groups", description="The claim that says what a user is.")
    oidc_roles: str = Field(default="{}", description='Its values and the roles they give, as JSON: `{"credit-analysts": "analyst"}`.')
    oidc_lender_claim: str = Field(
        default="", description="The claim that names the user's lender; empty: all are of `LOANLENS_LENDER_ID`."
    )

    @field_validator("retrain_cron")
    @classmethod
    def _a_cron(cls, cron: str) -> str:
        if cron and not croniter.is_valid(cron):
            raise ValueError("no cron of five fields, such as 0 2 * * 6")
        return cron

    @property
    def registry_dir(self) -> Path:
        """Return the folder with the versions of models that were registered."""
        return Path(self.models_dir).expanduser() if self.models_dir else self.data_dir / "models"

    @property
    def readers_at_once(self) -> int:
        """Return how many processes read for one worker or command."""
        return self.readers or max(1, (os.cpu_count() or 1) // max(1, self.workers))

    @field_validator("data_dir")
    @classmethod
    def _where_it_lies(cls, folder: Path) -> Path:
        return _ROOTS_DATA_DIR if folder == _DATA_DIR and os.name == "posix" and os.geteuid() == 0 else folder.expanduser().absolute()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
