"""Who is let in, on the whole API and its real cache."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from servers import ValkeyServer

from api.app import create_app
from api.guard import OPEN, needed_for
from precompute.api_keys import ApiKey, Scope, new_key
from precompute.settings import Settings
from workers.wiring import precomputer

KEYS = {scope: new_key(f"{scope}-er", [scope]) for scope in Scope}
SECRETS = {scope: secret for scope, (secret, _) in KEYS.items()}
KEYED = tuple(key for _, key in KEYS.values())

Make = Callable[..., Flask]


@pytest.fixture
def make(cache_server: ValkeyServer, tmp_path: Path) -> Make:
    """Makes the service's app with some settings."""

    def made(**settings: object) -> Flask:
        settings_ = replace(Settings(redis_url=cache_server.url, data_dir=tmp_path), **settings)  # type: ignore[arg-type]
        return create_app(precomputer(settings_), settings_)

    cache_server.start()
    with cache_server.client() as client:
        client.flushall()
    return made


def bearer(secret: str) -> dict[str, str]:
    """The header that most callers send."""
    return {"Authorization": f"Bearer {secret}"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Method, path with something in the place of each variable, and rule of everything that is served."""
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument, converter in rule._converters.items():
            word = {"subject": "video", "task_type": "ctr_prediction", "cache_key": "ctr_prediction:video:v1"}
            path = path.replace(f"<{type(converter).__name__}", "<")
            start, end = path.index("<"), path.index(">")
            path = path[:start] + word.get(argument, "1") + path[end + 1 :]
        found += [(method, path, rule.rule) for method in rule.methods or () if method not in {"OPTIONS", "HEAD"}]
    return found


SCOPES = {
    "open": ("GET /healthz", "GET /readyz"),
    Scope.READ: (
        *("GET /", "GET /docs/", "GET /docs/<path:path>", "GET /openapi.json", "GET /metrics", "GET /operations/live"),
        *("GET /campaigns/<path:subject_id>", "GET /users/<path:subject_id>", "GET /videos/<path:subject_id>"),
        *("GET /operations/course/<name>", "GET /operations/figures", "GET /static/<path:filename>"),
        *("GET /operations/results/<subject:subject>/<id:subject_id>", "GET /api/precompute/tasks/<task_id:task_id>"),
        *("GET /api/precompute/cache/<cache_key:cache_key>", "GET /api/precompute/failed", "GET /api/precompute/queue"),
        *("GET /api/precompute/status/<subject:subject>/<id:subject_id>", "GET /api/precompute/metrics"),
        *("GET /api/precompute/stream/<subject:subject>/<id:subject_id>", "POST /api/precompute/predict-actions"),
        *(f"GET /api/precompute/videos/<id:video_id>/captions.{kind}" for kind in ("srt", "vtt")),
        "GET /api/precompute/videos/<id:video_id>/thumbnails/<rank:rank>.jpg",
        "GET /operations/stills/<id:video_id>/<rank:rank>.jpg",
    ),
    Scope.WRITE: (
        *(f"POST /api/precompute/{noun}" for noun in ("video", "campaign", "login", "batch", "actions", "outcomes")),
        "POST /api/precompute/refresh/<task_type:task_type>",
    ),
    Scope.ADMIN: (
        *("DELETE /api/precompute/cache", "DELETE /api/precompute/failed", "POST /api/precompute/failed/retry"),
    ),
}
"""What a key must be good for, route by route; whoever adds a route says so here, and has thought of it."""


class TestKeys:
    """With keys."""

    def test_every_route_has_its_scope(self, make: Make) -> None:
        """As written down here, all of them, and none that is there no more."""
        served: dict[str, set[str]] = {scope: set() for scope in SCOPES}
        for method, path, rule in routes(make(api_keys=KEYED)):
            served["open" if path in OPEN else needed_for(method, rule)].add(f"{method} {rule}")
        assert served == {scope: set(named) for scope, named in SCOPES.items()}

    def test_no_route_but_health_is_open(self, make: Make) -> None:
        """Every route that there is answers 401 without a key, in the contract's shape, and is not even looked at."""
        app = make(api_keys=KEYED)
        client = app.test_client()
        seen = routes(app)
        for method, path, _ in seen:
            answer = client.open(path, method=method)
            if path in OPEN:
                assert answer.status_code != 401
                continue
            assert answer.status_code == 401, path
            assert answer.get_json()["error"]["code"] == "key_missing"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert len(seen) > 20

    def test_a_path_that_is_not_there_tells_nothing_either(self, make: Make) -> None:
        """Whoever has no key does not learn what there is."""
        assert make(api_keys=KEYED).test_client().get("/nowhere").status_code == 401

    @pytest.mark.parametrize("scope", Scope)
    def test_a_key_is_good_for_its_scope_alone(self, make: Make, scope: Scope) -> None:
        """403 with the scope it takes; admin may do everything."""
        app = make(api_keys=KEYED)
        client = app.test_client()
        for method, path, rule in routes(app):
            if path in OPEN or "stream" in path or "live" in path or "events" in path:
                continue
            allowed = scope is Scope.ADMIN or needed_for(method, rule) is scope
            answer = client.open(path, method=method, headers=bearer(SECRETS[scope]))
            assert (answer.status_code != 403) is allowed, (method, path)
            assert answer.status_code != 401

    @pytest.mark.parametrize(
        "headers",
        [
            bearer(SECRETS[Scope.READ]),
            {"X-API-Key": SECRETS[Scope.READ]},
            {"Authorization": "bearer " + SECRETS[Scope.READ]},
        ],
        ids=["bearer", "header of its own", "small letters"],
    )
    def test_a_key_may_come_in_either_header(self, make: Make, headers: dict[str, str]) -> None:
        """As gateways and scripts send it."""
        assert make(api_keys=KEYED).test_client().get("/api/precompute/queue", headers=headers).status_code == 200

    def test_a_browser_asks_for_the_key(self, make: Make) -> None:
        """A page's visitor is asked for a password, which is the key; scripts are not made to wait for a dialog."""
        client = make(api_keys=KEYED).test_client()
        asked = client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert asked.headers["WWW-Authenticate"].startswith("Basic")
        assert client.get("/docs/", auth=("anyone", SECRETS[Scope.READ])).status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        ["pck_wrong", "", "\u00e9", "x" * 10_000, KEYED[0].digest],
        ids=["near", "empty", "no ASCII", "long", "a hash"],
    )
    def test_what_is_no_key_is_refused(self, make: Make, wrong: str, caplog: pytest.LogCaptureFixture) -> None:
        """And stands in no log."""
        caplog.set_level(0)
        answer = make(api_keys=KEYED).test_client().get("/api/precompute/queue", headers={"X-API-Key": wrong})
        assert answer.status_code == 401
        assert answer.get_json()["error"]["code"] == "key_unknown"
        assert len(wrong) < 5 or wrong not in caplog.text


class TestNoKeys:
    """Without."""

    @pytest.mark.parametrize("peer", ["10.1.2.3", "192.0.2.1", "fe80::1", "::ffff:10.1.2.3"])
    def test_another_machine_is_not_answered(self, make: Make, peer: str) -> None:
        """Though the server listened to it."""
        client = make().test_client()
        answer = client.get("/api/precompute/queue", environ_overrides={"REMOTE_ADDR": peer})
        assert answer.status_code == 403
        assert answer.get_json()["error"]["code"] == "local_only"
        assert client.get("/healthz", environ_overrides={"REMOTE_ADDR": peer}).status_code == 200

    @pytest.mark.parametrize("name", ["evil.example", "evil.example:8003", "127.0.0.1.evil.example", "10.0.0.1:8003"])
    def test_a_name_that_leads_here_is_not_answered(self, make: Make, name: str) -> None:
        """A page elsewhere cannot read this service through its visitor's browser (DNS rebinding)."""
        assert make().test_client().get("/api/precompute/queue", headers={"Host": name}).status_code == 403

    @pytest.mark.parametrize("name", ["localhost", "localhost:8003", "127.0.0.1:8003", "[::1]:8003", "[::1]"])
    def test_this_machine_is_answered(self, make: Make, name: str) -> None:
        """By each of its names."""
        assert make().test_client().get("/api/precompute/queue", headers={"Host": name}).status_code == 200

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
    def test_a_proxy_of_this_machine_is_not_answered(self, make: Make, header: str) -> None:
        """It would let the world in, under a name of here."""
        answer = make().test_client().get("/api/precompute/queue", headers={header: "192.0.2.1"})
        assert answer.status_code == 403
        assert "proxy" in answer.get_json()["error"]["message"]


@pytest.mark.parametrize("keys", [(), KEYED], ids=["no keys", "a login that the browser keeps"])
def test_a_page_of_another_site_changes_nothing(make: Make, keys: tuple[ApiKey, ...]) -> None:
    """Its visitor's browser may send a POST that asks nobody first; looking is refused by the browser itself."""
    client = make(api_keys=keys).test_client()
    elsewhere = {"Sec-Fetch-Site": "cross-site", "X-API-Key": SECRETS[Scope.ADMIN]}
    for path, method in (("refresh/ctr_prediction", "POST"), ("cache?pattern=x", "DELETE")):
        refused = client.open(f"/api/precompute/{path}", method=method, headers=elsewhere)
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "cross_site")
    here = elsewhere | {"Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/precompute/refresh/ctr_prediction", headers=here).status_code == 202


class TestLimits:
    """How much each may ask."""

    def ask(self, client: FlaskClient, scope: Scope, path: str = "/api/precompute/queue") -> int:
        """The status of one request."""
        answer = client.get(path, headers=bearer(SECRETS[scope]))
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.get_json()["error"]["code"] == "rate_limited"
        return answer.status_code

    def test_each_key_has_its_own_share(self, make: Make) -> None:
        """Over it: 429 with ``Retry-After``; others are not touched, nor is health."""
        client = make(api_keys=KEYED, rate_limit="3/hour").test_client()
        assert [self.ask(client, Scope.READ) for _ in range(4)] == [200, 200, 200, 429]
        assert self.ask(client, Scope.ADMIN) == 200
        assert client.get("/healthz").status_code == 200

    def test_only_who_asked_too_much_is_told_to_wait_for_it(self, make: Make) -> None:
        """``Retry-After`` is a second at least then; elsewhere it is the service's own, and never the window's end."""
        client = make(api_keys=KEYED, rate_limit="3/hour").test_client()
        key = "/api/precompute/cache/dashboard_data:user:u1"
        reader, writer = bearer(SECRETS[Scope.READ]), bearer(SECRETS[Scope.WRITE])
        assert "Retry-After" not in client.get(key, headers=reader).headers
        posted = client.post("/api/precompute/login", json={"user_id": "u1"}, headers=writer)
        assert (posted.status_code, "Retry-After" in posted.headers) == (202, False)
        coming = client.get(key, headers=reader)
        assert (coming.status_code, coming.headers["Retry-After"]) == (404, "1")
        brief = make(api_keys=KEYED, rate_limit="2/second").test_client()
        answers = [brief.get(key, headers=reader) for _ in range(20)]
        assert {answer.headers["Retry-After"] for answer in answers} <= {"1", "2"}

    def test_scrapes_are_counted_by_themselves(self, make: Make) -> None:
        """A caller over its limit is still watched, and being watched costs no caller anything."""
        client = make(api_keys=KEYED, rate_limit="3/hour").test_client()
        scraped = [client.get("/metrics", headers=bearer(SECRETS[Scope.READ])) for _ in range(5)]
        assert {answer.headers["X-RateLimit-Limit"] for answer in scraped} == {"2"}
        assert scraped[0].status_code == 200
        assert [self.ask(client, Scope.READ) for _ in range(4)] == [200, 200, 200, 429]
        assert self.ask(client, Scope.ADMIN, "/metrics") == 200

    def test_processes_count_together(self, make: Make) -> None:
        """Two apps on one cache are one service."""
        one, other = (make(api_keys=KEYED, rate_limit="3/hour").test_client() for _ in range(2))
        assert [self.ask(client, Scope.READ) for client in (one, other, one, other)][-1] == 429

    def test_a_cache_that_is_away_takes_no_limit_away(self, make: Make, cache_server: ValkeyServer) -> None:
        """Each process counts for itself until it is back; what needs no cache is answered."""
        client = make(api_keys=KEYED, rate_limit="3/hour").test_client()
        cache_server.stop()
        try:
            assert [self.ask(client, Scope.READ, "/openapi.json") for _ in range(4)] == [200, 200, 200, 429]
        finally:
            cache_server.start()
