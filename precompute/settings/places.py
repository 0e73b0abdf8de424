"""Where the servers, the files and the doors are, and how many processes there are."""

from dataclasses import dataclass
from pathlib import Path

from precompute import setting_values as takes
from precompute.settings.declared import setting


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the servers, the files and the doors are, and how many processes there are."""

    redis_url: str = setting(
        "REDIS_URL",
        "redis://127.0.0.1:6390/0",
        takes.redis_url,
        "The cache. Unset, `make run` starts an embedded Valkey there.",
        secret=True,
    )
    broker_url: str | None = setting(
        "BROKER_URL",
        None,
        takes.broker_url,
        "The broker. Unset, the server of `REDIS_URL` serves as one too, with a warning; where that is unset as well, "
        "it is the second embedded Valkey of `make run`.",
        secret=True,
    )
    broker_master: str | None = setting(
        "PRECOMPUTE_BROKER_MASTER", None, str, "Name of the master, where `BROKER_URL` is that of its Sentinels."
    )
    facts_url: str | None = setting(
        "PRECOMPUTE_FACTS_URL",
        None,
        takes.redis_url,
        "Beside RabbitMQ or Sentinels as the broker: a Redis that forgets nothing, for facts on their way to the "
        "database, callbacks and beat's schedule. Unset, they lie with the cache. A broker that is a Redis keeps them "
        "itself.",
        secret=True,
    )
    embedded_cache_port: int = setting(
        "PRECOMPUTE_CACHE_PORT", 6390, takes.between(1, 65535), "Port of the embedded Valkey that is the cache."
    )
    embedded_broker_port: int = setting(
        "PRECOMPUTE_BROKER_PORT", 6391, takes.between(1, 65535), "Port of the embedded Valkey that is the broker."
    )
    database_url: str | None = setting(
        "DATABASE_URL",
        None,
        takes.database_url,
        "Where actions, outcomes, videos and campaigns are kept: sqlite:/// or postgresql://. Unset, a SQLite file in "
        "`PRECOMPUTE_DATA_DIR`.",
    )
    workers: int = setting("PRECOMPUTE_WORKERS", 3, takes.between(1, 256), "Processes of the interactive worker.")
    background_workers: int = setting(
        "PRECOMPUTE_BACKGROUND_WORKERS", 1, takes.between(1, 256), "Processes of the worker for refresh and background."
    )
    host: str = setting("PRECOMPUTE_HOST", "127.0.0.1", str, "Address the API listens on.")
    port: int = setting("PRECOMPUTE_PORT", 8003, takes.between(1, 65535), "Port of the API.")
    api_threads: int = setting(
        "PRECOMPUTE_API_THREADS",
        32,
        takes.between(4, 1024),
        "Requests the API serves at once. At most half of them may wait (`?wait=`) or stream.",
    )
    near_cache_mb: int = setting(
        "PRECOMPUTE_NEAR_CACHE_MB",
        16,
        takes.between(0, 100_000),
        "Megabytes of results that are read often which each process of the API keeps itself; 0 for none.",
    )
    flower_port: int = setting("PRECOMPUTE_FLOWER_PORT", 5555, takes.between(1, 65535), "Port of Flower.")
    flower_address: str = setting("PRECOMPUTE_FLOWER_ADDRESS", "127.0.0.1", str, "Address Flower listens on.")
    flower_login: str = setting(
        "PRECOMPUTE_FLOWER_LOGIN",
        "flower:precompute",
        takes.user_and_password,
        "Login of Flower, user:password.",
        secret=True,
    )
    data_dir: Path = setting(
        "PRECOMPUTE_DATA_DIR",
        Path(".data"),
        Path,
        "Where the embedded Valkey and Flower keep their files, the shipped speech model is put together, and remote "
        "videos lie while they are decoded.",
    )
    plugins: tuple[str, ...] = setting(
        "PRECOMPUTE_PLUGINS", (), takes.names, "Modules with task types of your own, separated by commas."
    )
