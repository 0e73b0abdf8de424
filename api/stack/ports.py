"""The ports of the stack, and whether they are free."""

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from api.stack.errors import CannotStart
from precompute.errors import DeclarationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port that one part of the stack listens on.

    Attributes:
        what: The part, as a person calls it.
        variable: Sets the number.
        address_variable: Sets the address; empty where it is fixed.
    """

    number: int
    address: str
    what: str
    variable: str
    address_variable: str = ""


def check_ports(ports: Iterable[Port]) -> None:
    """Nothing, when every port can be listened on.

    Raises:
        DeclarationError: Two parts are to listen on the same port, or an address is none of this machine.
        CannotStart: A port is in use, or may not be opened; the message names it and its variable.
    """
    seen: dict[int, Port] = {}
    for port in ports:
        other = seen.setdefault(port.number, port)
        if other is not port:
            raise DeclarationError(f"{other.variable} and {port.variable} are both {port.number}")
        _check(port)


def is_answering(address: str, number: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((address, number), timeout=1).close()
    except OSError:
        return False
    return True


def is_healthy(address: str, number: int) -> bool:
    """Whether the API answers there. Its server accepts connections before it has loaded the API."""
    connection = HTTPConnection(reachable(address), number, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def reachable(address: str) -> str:
    """The address to call a server at that listens on ``address``: one that means everywhere is called at home."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(address, address)  # noqa: S104 - not a binding


def _check(port: Port) -> None:
    try:
        _bind(port.address, port.number)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise CannotStart(_in_use(port)) from problem
        if problem.errno in {errno.EACCES, errno.EPERM}:
            raise CannotStart(
                f"port {port.number} ({port.what}, {port.variable}) may only be opened by root; choose one above 1023"
            ) from problem
        raise DeclarationError(
            f"{port.address_variable or port.variable} takes an address of this machine, not {port.address!r}"
        ) from problem
    # Binding alone is not enough: macOS lets a second program bind 127.0.0.1 where a first one holds 0.0.0.0.
    if is_answering(reachable(port.address), port.number):
        raise CannotStart(_in_use(port))


def _bind(address: str, number: int) -> None:
    family, kind, protocol, _, where = socket.getaddrinfo(address or None, number, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(where)


def _in_use(port: Port) -> str:
    return (
        f"port {port.number} ({port.what}, {port.variable}) is in use by another program; "
        f"end it, or set {port.variable} to another port"
    )
