"""API keys: made once, kept as hashes, good for what they say."""

import pytest
from click.testing import CliRunner

from api.cli import main
from precompute.api_keys import ApiKey, Scope, digest_of, holder_of, new_key, parse_keys
from precompute.errors import DeclarationError
from precompute.exposure import check_api, check_flower, is_local
from precompute.settings import Settings


def test_a_key_is_found_by_itself_alone() -> None:
    """What is kept is not the key, and nothing but the key finds it."""
    secret, key = new_key("gateway", [Scope.READ])
    kept = parse_keys(str(key))
    assert secret not in str(key)
    assert holder_of(secret, kept) == key
    assert holder_of(key.digest, kept) is None
    assert holder_of(secret[:-1], kept) is None
    assert holder_of("", kept) is None


def test_no_two_keys_are_alike() -> None:
    """Each is 256 bits of chance, and begins with what scanners for leaks know."""
    first, second = (new_key("a", [Scope.READ])[0] for _ in range(2))
    assert first != second
    assert first.startswith("pck_")
    assert len(first) == len("pck_") + 43


def test_admin_is_good_for_everything_and_nothing_else_is() -> None:
    """Who writes may not read, and neither may drop."""
    admin, write = (new_key("a", [scope])[1] for scope in (Scope.ADMIN, Scope.WRITE))
    assert all(admin.allows(scope) for scope in Scope)
    assert [scope for scope in Scope if write.allows(scope)] == [Scope.WRITE]


def test_several_keys_stand_in_one_variable() -> None:
    """Separated by commas, spaces or lines."""
    digest = digest_of("x")
    keys = parse_keys(f"a:read:{digest}, b:read+write:{digest}\n c:admin:{digest}")
    assert [(key.name, sorted(key.scopes)) for key in keys] == [
        ("a", ["read"]),
        ("b", ["read", "write"]),
        ("c", ["admin"]),
    ]
    assert parse_keys(" ".join(map(str, keys))) == keys


@pytest.mark.parametrize(
    "entry", ["x", "a:read", "a:all:" + "0" * 64, "a::" + "0" * 64, ":read:" + "0" * 64, "a:read:0"]
)
def test_what_is_no_entry_is_refused_and_not_repeated(entry: str) -> None:
    """The variable is named; what it held may be a key by mistake, and is not shown."""
    with pytest.raises(DeclarationError, match="PRECOMPUTE_API_KEYS takes name:scopes:sha256") as told:
        Settings.from_environ({"PRECOMPUTE_API_KEYS": entry + "tail"})
    assert "tail" not in str(told.value)


def test_each_name_stands_once() -> None:
    """Else the log would not say who it was."""
    with pytest.raises(ValueError, match="each name once"):
        parse_keys(f"a:read:{digest_of('x')} a:write:{digest_of('y')}")


def test_keys_are_shown_nowhere() -> None:
    """Not even their hashes in what settings look like."""
    digest = digest_of("x")
    assert digest not in repr(Settings.from_environ({"PRECOMPUTE_API_KEYS": f"a:read:{digest}"}))


def test_the_command_makes_what_the_setting_takes() -> None:
    """``keys create`` prints the key and its entry; ``keys ls`` knows it by name."""
    made = CliRunner().invoke(main, ["keys", "create", "gateway", "--scope", "write"])
    secret, entry = (line.strip() for line in made.output.splitlines() if line.startswith("  "))
    [key] = parse_keys(entry)
    assert holder_of(secret, [key]) == ApiKey(name="gateway", scopes=frozenset({Scope.WRITE}), digest=digest_of(secret))
    listed = CliRunner().invoke(main, ["keys", "ls"], env={"PRECOMPUTE_API_KEYS": entry})
    assert listed.output.split()[-2:] == ["gateway", "write"]
    assert key.digest not in listed.output


def test_a_name_that_does_not_fit_is_refused() -> None:
    """In one line, as a wrong option."""
    refused = CliRunner().invoke(main, ["keys", "create", "a b"])
    assert refused.exit_code == 2
    assert "1 to 64 characters" in refused.output


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *(
            (host, True)
            for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1")
        ),
        *((host, False) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.nip.io", "")),  # noqa: S104
    ],
)
def test_what_is_of_this_machine(host: str, local: bool) -> None:
    """Addresses of the loopback and its name; nothing that only looks like them."""
    assert is_local(host) is local


def test_without_keys_nobody_listens_to_the_network() -> None:
    """The API and Flower refuse to start, in a line that names both variables."""
    key = str(new_key("a", [Scope.READ])[1])
    open_to_all = {"PRECOMPUTE_HOST": "0.0.0.0", "PRECOMPUTE_FLOWER_ADDRESS": "0.0.0.0"}  # noqa: S104
    with pytest.raises(DeclarationError, match=r"PRECOMPUTE_HOST is 0\.0\.0\.0, but PRECOMPUTE_API_KEYS is unset"):
        check_api(Settings.from_environ(open_to_all))
    with pytest.raises(DeclarationError, match=r"PRECOMPUTE_FLOWER_ADDRESS.*PRECOMPUTE_FLOWER_LOGIN"):
        check_flower(Settings.from_environ(open_to_all))
    locked = Settings.from_environ(open_to_all | {"PRECOMPUTE_API_KEYS": key, "PRECOMPUTE_FLOWER_LOGIN": "me:mine"})
    check_api(locked)
    check_flower(locked)
    check_api(Settings())
    check_flower(Settings())
