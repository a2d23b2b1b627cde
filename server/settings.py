"""Every setting of Maane, typed, validated once at start, and described for ``.env.example``.

The names of the environment variables are the upper-case field names; they are a contract.
"""

from __future__ import annotations

import os
import secrets
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from server.errors import SettingsError
from server.prices import prices_of

INSTANCE_DIR = Path(__file__).resolve().parent.parent / "instance"
"""Where a development machine keeps its database, secret and media."""

RESERVED = ("redis_url",)
"""Fields whose names and values are checked already, but which this release does not act on."""


class Settings(BaseModel):
    """The one settings object. Build it with :func:`load_settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # The server
    database_url: str = Field(
        default=f"sqlite:///{INSTANCE_DIR / 'maane.db'}",
        description="SQLAlchemy address of the database: sqlite:///… or postgresql://…",
    )
    secret_key: str = Field(
        default="",
        description="Signs sessions and stream tokens. Empty: made once and kept in "
        "instance/secret_key. Set it when several machines serve.",
    )
    public_base_url: str = Field(
        default="",
        description="How Twilio reaches this server, e.g. https://phone.example.com (no path). "
        "Signatures are computed from it. Empty: the address of each request.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="The address listened on. 0.0.0.0 where a platform's router or a proxy on "
        "another machine has to reach it.",
    )
    port: int = Field(default=5000, ge=1, le=65535, description="The port served on.")
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="How much is logged."
    )
    media_dir: Path = Field(
        default=INSTANCE_DIR / "media", description="Where rendered speech and recordings are kept."
    )
    redis_url: str = Field(default="", description="Redis shared by several processes.")
    max_concurrent_calls: int = Field(
        default=100, ge=1, le=2000, description="Calls at once; more get message-taking."
    )
    drain_timeout_sec: float = Field(
        default=120, ge=0, le=3600, description="How long running calls may go on after SIGTERM."
    )
    job_lease_sec: float = Field(
        default=60,
        ge=1,
        le=3600,
        description="After how many seconds the background work of a process that was killed is "
        "begun anew. The same on all processes.",
    )

    # E-mail
    smtp_host: str = Field(
        default="",
        description="Sends invitations and links for new passwords by this mail server; needs "
        "SMTP_FROM and PUBLIC_BASE_URL. Empty: the links are shown once, to be copied.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls (port 587), tls from the start (465), or none (only for a server on "
        "the same machine or network).",
    )
    smtp_user: str = Field(default="", description="Who signs in there. Empty: nobody has to.")
    smtp_password: str = Field(default="", description="Their password.")
    smtp_from: str = Field(
        default="", description="The sender of the mails, e.g. Maane <maane@example.com>"
    )

    # Twilio
    twilio_account_sid: str = Field(default="", description="Twilio account (AC…).")
    twilio_auth_token: str = Field(
        default="",
        description="Checks Twilio's signatures. Without it only loopback is served.",
    )
    twilio_sms_from: str = Field(
        default="",
        max_length=20,
        description="Who SMS are from: a number (+972…) or a sender's name that Twilio allows. "
        "Empty: the business's own number.",
    )
    twilio_api_base_url: str = Field(
        default="https://api.twilio.com",
        description="Twilio's REST API; a region's is e.g. https://api.dublin.ie1.twilio.com. "
        "Recordings are fetched from nowhere else.",
    )
    recording_source: Literal["bridge", "twilio"] = Field(
        default="bridge",
        description="Who records where a business has its calls recorded: bridge (from the call's "
        "own stream) or twilio (needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN).",
    )
    recordings_s3_bucket: str = Field(
        default="", description="Keeps recordings in this bucket. Empty: in MEDIA_DIR/recordings."
    )
    recordings_s3_endpoint: str = Field(
        default="",
        description="The bucket's service where it is not Amazon's, e.g. https://minio.example.com",
    )
    aws_region: str = Field(default="us-east-1", description="Region of the bucket.")
    aws_access_key_id: str = Field(default="", description="Key of the bucket's owner.")
    aws_secret_access_key: str = Field(default="", description="Its secret.")

    # OpenAI
    openai_api_key: str = Field(
        default="", description="Makes the agent an OpenAI Realtime session. Empty: local engine."
    )
    openai_base_url: str = Field(
        default="https://api.openai.com/v1", description="Moves every OpenAI call, sockets too."
    )
    openai_realtime_model: str = Field(default="gpt-realtime-2.1", description="The agent's model.")
    openai_prices: str = Field(
        default="",
        description="Your own prices, for the daily cap on cost, where they are not the list's: "
        "US dollars per million tokens, e.g. audio_in=32,audio_out=64. Names: text_in, "
        "text_cached, text_out, audio_in, audio_cached, audio_out, transcribe_in, transcribe_out, "
        "and transcribe_minute (dollars per minute).",
    )
    openai_transcribe_model: str = Field(
        default="gpt-live-transcribe",
        description="Transcribes the caller; gpt-transcribe takes over where it is refused.",
    )
    openai_summary_model: str = Field(default="gpt-6-luna", description="Writes the summaries.")
    openai_embedding_model: str = Field(
        default="text-embedding-3-small", description="Embeds FAQ patterns."
    )

    # Google and local speech
    google_cloud_service_account_json: str = Field(
        default="", description="Service account for Speech and TTS: the JSON itself, or base64."
    )
    google_application_credentials: str = Field(
        default="", description="The same as the path of a file."
    )
    google_tts_endpoint: str = Field(
        default="",
        description="Another address of Google's synthesiser: a regional one such as "
        "eu-texttospeech.googleapis.com, or http://127.0.0.1:port without TLS. Empty: Google's.",
    )
    google_stt_language: str = Field(
        default="iw-IL", description="Google's own code of Hebrew, for recognition."
    )
    google_stt_model: str = Field(default="chirp_3", description="Google's recognition model.")
    google_stt_location: str = Field(
        default="eu",
        pattern="^[a-z0-9-]+$",
        description="Region of Google's recogniser; the model has to be offered there.",
    )
    google_stt_endpoint: str = Field(
        default="",
        description="Another address of Google's recogniser than its region's, or "
        "http://127.0.0.1:port without TLS.",
    )
    whisper_model: str = Field(
        default="",
        description="A model of faster-whisper, by name or path, e.g. small. It transcribes "
        "recordings on this machine, where the package is installed.",
    )
    tts_speaking_rate: float = Field(
        default=0.95, ge=0.5, le=1.5, description="Speed of every synthesiser; 1.0 is natural."
    )

    # Answering
    faq_fastpath_enabled: bool = Field(
        default=True, description="Answer common questions from RAM."
    )
    faq_min_score: float = Field(
        default=0.78, ge=0.75, le=0.85, description="The bar for an automatic answer."
    )
    faq_cache_ttl_sec: float = Field(
        default=120, ge=1, le=3600, description="Age at which RAM copies are read again."
    )
    faq_embeddings_enabled: bool = Field(default=True, description="Use embeddings near the bar.")
    agents_enabled: bool = Field(
        default=True, description="0: no model; FAQ answers and message-taking only."
    )
    agent_max_output_tokens: int = Field(
        default=160, ge=20, le=1000, description="Text budget of one reply, in tokens."
    )
    ai_first_reply_words: int = Field(
        default=24, ge=5, le=60, description="Longest first reply, in words."
    )

    # Turn-taking
    vad_engine: Literal["silero", "energy"] = Field(
        default="silero",
        description="What tells speech from noise: silero, or energy alone where it cannot load.",
    )
    barge_in: bool = Field(default=True, description="The caller may interrupt at any moment.")
    barge_in_voice_frames: int = Field(
        default=10,
        ge=3,
        le=50,
        description="Frames of 20 ms of voice that interrupt at the latest.",
    )
    barge_in_grace_ms: int = Field(
        default=0, ge=0, le=250, description="Deafness to interruption at a reply's start."
    )
    min_utt_sec: float = Field(
        default=1.0, ge=0.1, le=3.0, description="Shorter sounds must hold words to be a turn."
    )
    max_utt_sec: float = Field(
        default=4.5, ge=2.0, le=30.0, description="A monologue is committed in parts from here on."
    )
    reply_refractory_ms: int = Field(
        default=1000, ge=0, le=5000, description="Least gap between two replies."
    )
    vad_hangover_ms: int = Field(
        default=200, ge=60, le=1500, description="Silence that ends an utterance."
    )
    max_call_sec: float = Field(default=1800, ge=10, le=14400, description="Longest call.")
    silence_prompt_sec: float = Field(
        default=10, ge=2, le=120, description="Silence before asking whether anybody is there."
    )
    silence_hangup_sec: float = Field(
        default=10, ge=2, le=120, description="More silence before hanging up."
    )
    filler_after_ms: int = Field(
        default=1500, ge=300, le=5000, description="Thinking time before a filler is spoken."
    )
    realtime_rotate_sec: float = Field(
        default=3300,
        ge=5,
        le=3540,
        description="Age at which a Realtime session is replaced, at a pause: OpenAI ends it after "
        "60 minutes.",
    )
    ws_keepalive_sec: float = Field(
        default=18, ge=5, le=60, description="Seconds between WebSocket pings."
    )

    # Leads
    webhook_allow_http: bool = Field(
        default=False, description="A business's own webhooks may have addresses without TLS."
    )
    webhook_own_networks: str = Field(
        default="",
        description="Networks of your own that webhooks may reach, e.g. 10.0.5.0/24; several with "
        "commas. Everything else that is not the public internet is refused.",
    )

    @field_validator("public_base_url", "twilio_api_base_url", "recordings_s3_endpoint")
    @classmethod
    def _origin_only(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and not (_is_http(value) and not urlsplit(value).path):
            raise ValueError("must be an origin such as https://phone.example.com")
        return value

    @field_validator("openai_base_url")
    @classmethod
    def _http_url(cls, value: str) -> str:
        if not _is_http(value):
            raise ValueError("must be an address such as https://api.openai.com/v1")
        return value.rstrip("/")

    @field_validator("openai_prices")
    @classmethod
    def _readable_prices(cls, value: str) -> str:
        prices_of("", value)
        return value

    @field_validator("google_tts_endpoint", "google_stt_endpoint")
    @classmethod
    def _google_host(cls, value: str) -> str:
        value = value.rstrip("/")
        address = value if "://" in value else f"https://{value}"
        parts = urlsplit(address)
        if value and not (_is_http(address) and not parts.path):
            raise ValueError("must be a host such as eu-texttospeech.googleapis.com")
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("without TLS only an address of this machine is taken")
        return value

    @field_validator("webhook_own_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in filter(None, (part.strip() for part in value.split(","))):
            ip_network(network)
        return value

    @field_validator("database_url")
    @classmethod
    def _driver(cls, value: str) -> str:
        # psycopg2 by name (psycopg 3 would block every call), whatever the platform hands out.
        for scheme in ("postgres://", "postgresql://"):
            if value.startswith(scheme):
                value = "postgresql+psycopg2://" + value.removeprefix(scheme)
        if not value.startswith(("sqlite:", "postgresql+psycopg2:")):
            raise ValueError("must be sqlite:///… or postgresql://…")
        return value

    @field_validator("smtp_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if value and ("@" not in parseaddr(value)[1] or not value.isprintable()):
            raise ValueError("must be an address such as Maane <maane@example.com>")
        return value

    def reserved_in_use(self) -> list[str]:
        """Return the environment variables that are set but not acted on by this release."""
        fields = type(self).model_fields
        return [n.upper() for n in RESERVED if getattr(self, n) != fields[n].default]


def _is_http(address: str) -> bool:
    """Tell whether ``address`` is scheme, host, port and path, and nothing besides."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or "@" in parts.netloc or "?" in address)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def load_settings(environ: dict[str, str] | None = None) -> Settings:
    """Return the settings of ``environ`` (the process's environment by default).

    An empty variable counts as absent, so that a copied ``.env.example`` changes nothing.

    Raises:
        SettingsError: a value is missing or wrong; the message names the variable.
    """
    source = dict(os.environ) if environ is None else environ
    fields = {
        name: source[name.upper()]
        for name in Settings.model_fields
        if source.get(name.upper(), "") != ""
    }
    try:
        settings = Settings.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(
            f"{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()
        )
        raise SettingsError(problems) from None
    if settings.smtp_host and not (settings.smtp_from and settings.public_base_url):
        # Mails hold links: to be guessed from a request, they could be led astray by its Host.
        raise SettingsError("SMTP_HOST: needs SMTP_FROM and PUBLIC_BASE_URL as well")
    if not settings.secret_key:
        try:
            secret = _kept_secret(INSTANCE_DIR)
        except OSError as error:
            raise SettingsError(f"SECRET_KEY: set it, none can be kept here ({error})") from None
        if not secret:
            raise SettingsError(f"SECRET_KEY: {INSTANCE_DIR / 'secret_key'} is empty, remove it")
        settings = settings.model_copy(update={"secret_key": secret})
    return settings


def _kept_secret(directory: Path) -> str:
    """Return the secret kept in ``directory``, made there on first use."""
    path = directory / "secret_key"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        fresh = directory / f".secret_key.{secrets.token_hex(4)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(fresh)  # atomic: of two processes starting together one wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
