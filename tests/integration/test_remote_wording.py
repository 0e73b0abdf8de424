"""Wording by OpenAI and Anthropic, against a server on this machine that speaks their wire formats."""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from jobs import job_for
from wording_server import Service, serving

from precompute.errors import SourceUnavailable
from precompute.events import VideoUploaded
from precompute.settings import Settings
from workers.video.captions import generate_captions
from workers.video.first_speech import FirstSpeech
from workers.video.remote_wording import worded_by, wording_service

KEY = "sk-very-secret-key"
POST = {"caption": "Galaxies, up close.", "hashtags": ["#space", "Galaxy zoo"]}
OPENAI_REPLY = {"choices": [{"message": {"role": "assistant", "content": json.dumps(POST)}}]}
ANTHROPIC_REPLY = {"content": [{"type": "text", "text": "Here."}, {"type": "tool_use", "name": "post", "input": POST}]}


def settings(service: Service, *, name: str = "openai", key: str = KEY, timeout: float = 10.0) -> Settings:
    """Settings with the key of one of the two services, which answers at ``service``."""
    keys = {f"{name}_api_key": key, f"{name}_base_url": service.url}
    return Settings(**keys, wording_timeout=timedelta(seconds=timeout))


@dataclass(frozen=True, slots=True)
class Mute:
    """A video without sound, as captions see its pictures."""

    duration: float = 3.0


@dataclass(frozen=True, slots=True)
class Silence:
    """And its sound."""

    starts_at: float = 0.0


NOBODY = FirstSpeech(language=None, windows=(), read=0, words=(), starts_at=None)
"""What is said first in it."""


def captioned(used: Settings, *, title: str = "Deep field") -> Any:
    """The captions of a mute video with a title."""
    event = VideoUploaded(subject_id="v", user_id="u", data={"title": title})
    return generate_captions(Mute(), Silence(), NOBODY, job=job_for(event, settings=used)).value


def test_openai_is_asked_for_the_schema() -> None:
    """One request with key, model, schema, title and transcript; its answer is tidied and named."""
    with serving(Service(reply=OPENAI_REPLY)) as service:
        asked = wording_service(settings(service))
        wording = worded_by(asked, text="We look at galaxies.", title="Deep field", timeout_s=10)
    ((path, headers, body),) = service.asked
    assert (path, headers["authorization"]) == ("/chat/completions", f"Bearer {KEY}")
    assert body["model"] == "gpt-5-mini"
    assert body["response_format"]["json_schema"]["strict"] is True
    assert set(body["response_format"]["json_schema"]["schema"]["required"]) == {"caption", "hashtags"}
    assert "Deep field" in body["messages"][-1]["content"]
    assert "We look at galaxies." in body["messages"][-1]["content"]
    assert (wording.caption, wording.hashtags, wording.source) == (
        "Galaxies, up close.",
        ("#Space", "#GalaxyZoo"),
        "openai",
    )


def test_anthropic_is_asked_by_a_tool() -> None:
    """One request with key, version and a forced tool; the tool's input is the answer."""
    with serving(Service(reply=ANTHROPIC_REPLY)) as service:
        value = captioned(settings(service, name="anthropic"))
    ((path, headers, body),) = service.asked
    assert (path, headers["x-api-key"], headers["anthropic-version"]) == ("/v1/messages", KEY, "2023-06-01")
    assert body["tool_choice"] == {"type": "tool", "name": "post"}
    assert set(body["tools"][0]["input_schema"]["required"]) == {"caption", "hashtags"}
    assert (value["caption"], value["hashtags"], value["source"]) == (
        "Galaxies, up close.",
        ["#Space", "#GalaxyZoo"],
        "anthropic",
    )


def test_openai_goes_first_and_none_without_a_key() -> None:
    """With both keys OpenAI is asked; without any, nobody."""
    assert wording_service(Settings(openai_api_key="a", anthropic_api_key="b")).name == "openai"
    assert wording_service(Settings()) is None


def test_models_that_do_not_reason_get_no_effort() -> None:
    """The effort is sent to reasoning models only, as others refuse it."""
    for model, effort in (("gpt-5-mini", "low"), ("o4-mini", "low"), ("gpt-4o-mini", None)):
        body = wording_service(Settings(openai_api_key="a", openai_model=model)).body("words")
        assert body.get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("status", "reply", "reason"),
    [
        (401, {"error": {"message": "wrong key"}}, "answered 401"),
        (500, b"<html>", "answered 500"),
        (200, b"not JSON", "no usable answer"),
        (200, {"choices": []}, "no usable answer"),
        (200, {"choices": [{"message": {"content": None, "refusal": "no"}}]}, "no usable answer"),
        (200, {"choices": [{"message": {"content": "no JSON either"}}]}, "no usable answer"),
        (200, {"choices": [{"message": {"content": '{"caption": "x"}'}}]}, "no usable answer"),
        (200, {"choices": [{"message": {"content": '{"caption": "", "hashtags": ["a"]}'}}]}, "no usable answer"),
        (200, {"choices": [{"message": {"content": '{"caption": "x", "hashtags": ["!"]}'}}]}, "no usable answer"),
        (200, ["no object"], "no usable answer"),
    ],
)
def test_a_bad_answer_falls_back(status: int, reply: Any, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is wrong with the answer, the caption is worded here, and the source and the log say why."""
    caplog.set_level(logging.DEBUG)
    with serving(Service(status=status, reply=reply)) as service:
        value = captioned(settings(service))
    assert (value["caption"], value["source"]) == ("Deep field", f"local (openai failed: {reason})")
    assert len(service.asked) == 1
    (record,) = [entry for entry in caplog.records if getattr(entry, "action", "") == "wording_fell_back"]
    assert (record.service, record.reason) == ("openai", reason)
    assert KEY not in caplog.text


def test_anthropic_without_a_tool_use_falls_back() -> None:
    """An answer in plain words only is no answer."""
    with serving(Service(reply={"content": [{"type": "text", "text": "A caption."}]})) as service:
        value = captioned(settings(service, name="anthropic"))
    assert value["source"] == "local (anthropic failed: no usable answer)"


def test_a_service_that_stays_silent_is_left() -> None:
    """After the time limit the caption is worded here."""
    with serving(Service(silent=True)) as service:
        value = captioned(settings(service, timeout=0.2))
    assert (value["caption"], value["source"]) == ("Deep field", "local (openai failed: timed out)")


def test_a_service_that_answers_drop_by_drop_is_left() -> None:
    """The time limit is for the whole answer, not for each byte of it."""
    with serving(Service(reply=OPENAI_REPLY, dripping=True)) as service:
        value = captioned(settings(service, timeout=0.5))
    assert value["source"] == "local (openai failed: timed out)"


def test_a_service_that_is_not_there_is_left() -> None:
    """A refused connection falls back at once."""
    with serving(Service()) as service:
        pass
    assert captioned(settings(service))["source"] == "local (openai failed: cannot be reached)"


@pytest.mark.parametrize("key", ["sk-secret\n", "sk-sécret"])
def test_a_key_that_no_header_can_hold_stays_secret(key: str, caplog: pytest.LogCaptureFixture) -> None:
    """A key with a line break or an accent fails without being quoted anywhere."""
    caplog.set_level(logging.DEBUG)
    with serving(Service(reply=OPENAI_REPLY)) as service, pytest.raises(SourceUnavailable) as failure:
        worded_by(wording_service(settings(service, key=key)), text="", title="", timeout_s=10)
    assert not service.asked
    assert failure.value.__cause__ is None
    assert "cret" not in str(failure.value) + caplog.text


def test_a_long_caption_is_cut_and_a_long_transcript_too() -> None:
    """No more than 12,000 letters are sent, and no more than 150 come back."""
    long = {"caption": "word " * 60, "hashtags": ["a b"]}
    reply = {"choices": [{"message": {"content": json.dumps(long)}}]}
    with serving(Service(reply=reply)) as service:
        wording = worded_by(wording_service(settings(service)), text="x" * 50_000, title="", timeout_s=10)
    assert len(wording.caption) <= 150
    assert service.asked[0][2]["messages"][-1]["content"].count("x") <= 12_001


def test_a_service_does_not_show_the_key() -> None:
    """The key is not in what a service looks like in a log or a traceback."""
    assert KEY not in repr(wording_service(Settings(openai_api_key=KEY)))
