"""Two hosts for workers beside this one: network namespaces where they are permitted, else names on the loopback."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NAMES = ("host-a", "host-b")

_OWN_NAME = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"')
"""Runs a command on a machine that is called like the next argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host for workers.

    Attributes:
        name: Of the host.
        on: Command that runs the one behind it there; empty on the loopback.
        server_address: Of this machine, as that host reaches it by a cable of its own.
        network: All such addresses.
    """

    name: str
    on: tuple[str, ...]
    server_address: str
    network: str

    @property
    def has_cable(self) -> bool:
        """Whether it can be cut off."""
        return bool(self.on)

    def cut(self) -> None:
        """Pull its cable: nobody is told, packets go nowhere."""
        _ip("-n", self._namespace, "link", "set", "eth0", "down")

    def plug(self) -> None:
        """Put the cable back."""
        _ip("-n", self._namespace, "link", "set", "eth0", "up")
        _ip("-n", self._namespace, "route", "replace", "default", "via", self.server_address)

    @property
    def _namespace(self) -> str:
        return self.on[3]


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Both, for as long as this lasts."""
    try:
        with _namespaces() as hosts:
            yield hosts
    except _NotPermitted:
        first, second = NAMES
        yield (
            Host(name=first, on=(), server_address="127.0.0.2", network="127.0.0.0/8"),
            Host(name=second, on=(), server_address="127.0.0.3", network="127.0.0.0/8"),
        )


class _NotPermitted(Exception):
    pass


@contextmanager
def _namespaces() -> Iterator[tuple[Host, Host]]:
    # Networks for measuring devices (RFC 2544), so that nobody else is there; one for each process that tests.
    number = os.getpid() % 512
    begins = f"198.{18 + number // 256}.{number % 256}"
    named = [f"pc{os.getpid()}{letter}" for letter in "ab"]
    try:
        try:
            for namespace, last in zip(named, (1, 5), strict=True):
                _connected(namespace, near=f"{begins}.{last}", far=f"{begins}.{last + 1}")
            subprocess.run([*_OWN_NAME, "probe", "true"], check=True, capture_output=True)
        except (subprocess.CalledProcessError, FileNotFoundError) as problem:
            raise _NotPermitted from problem
        first, second = (
            Host(
                name=name,
                on=("ip", "netns", "exec", namespace, *_OWN_NAME, name),
                server_address=f"{begins}.{last}",
                network=f"{begins}.0/24",
            )
            for name, namespace, last in zip(NAMES, named, (1, 5), strict=True)
        )
        yield first, second
    finally:
        for namespace in named:
            # Its end of the cable goes with it, and takes ours along.
            _ip("netns", "delete", namespace, check=False)


def _connected(namespace: str, *, near: str, far: str) -> None:
    _ip("netns", "add", namespace)
    _ip("link", "add", namespace, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    _ip("address", "add", f"{near}/30", "dev", namespace)
    _ip("link", "set", namespace, "up")
    _ip("-n", namespace, "address", "add", f"{far}/30", "dev", "eth0")
    for device in ("lo", "eth0"):
        _ip("-n", namespace, "link", "set", device, "up")
    _ip("-n", namespace, "route", "add", "default", "via", near)


def _ip(*arguments: str, check: bool = True) -> None:
    try:
        subprocess.run(["ip", *arguments], check=check, capture_output=True)
    except FileNotFoundError:
        if check:
            raise
