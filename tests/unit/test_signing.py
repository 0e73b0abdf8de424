"""What signs a callback."""

from datetime import UTC, datetime

import pytest

from precompute.errors import DeclarationError
from precompute.settings import Settings
from precompute.signing import signed_headers

SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a plain secret")


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of the specification's own libraries, worked out there."""
    at = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    headers = signed_headers(body, id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, secrets=SECRETS[:1])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_that_is_not_base64_is_refused_at_the_start() -> None:
    """Not when the first callback is signed."""
    with pytest.raises(
        DeclarationError, match=r"^PRECOMPUTE_CALLBACK_SECRET takes a secret that is Base64 after whsec_$"
    ):
        Settings.from_environ({"PRECOMPUTE_CALLBACK_SECRET": "whsec_not*base64"})
