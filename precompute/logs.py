"""Log lines: a constant message, and what it is about as ``name=value`` after it."""

import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class ExtrasFormatter(logging.Formatter):
    """Writes ``time level logger: message name=value ...`` with everything passed as ``extra``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line of one record, without a trace; line breaks in values cannot start a line of their own."""
        extras = {name: value for name, value in vars(record).items() if name not in _STANDARD and name != "data"}
        told = " ".join(f"{name}={_one_line(value)}" for name, value in extras.items())
        return f"{super().formatMessage(record)} {told}".rstrip()


def _one_line(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text else ascii(text)


def log_to_stderr(*, level: int = logging.INFO) -> None:
    """Send our log lines to standard error; for processes that nobody else sets up."""
    handler = logging.StreamHandler()
    handler.setFormatter(ExtrasFormatter())
    logging.basicConfig(level=level, handlers=[handler])
