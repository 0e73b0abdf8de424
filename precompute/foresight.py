"""What users will probably do next, now: predicted from what they did lately, and remembered until they do it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from precompute.clock import Clock, system_clock
from precompute.follow_up import expectations
from precompute.history import History
from precompute.memory import LOGIN
from precompute.prediction import Listener, Predict, Prediction
from precompute.recent import RecentActions


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """Predicts, when asked and with each action.

    Attributes:
        recent: What users did lately.
        predict: Knows from that what they do next.
        everybody: Is told of what all users did before the model is asked.
        act: Gets ready what was predicted; by user.
        clock: The instant.
    """

    recent: RecentActions
    predict: Predict
    everybody: Listener | None = None
    act: Callable[[Mapping[str, Prediction]], object] | None = None
    clock: Clock = system_clock

    def of(self, user_ids: Sequence[str]) -> list[Prediction]:
        """What each of some users will probably do next, in their order; each waits to be held against what they do.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        if not user_ids:
            return []
        place = None if self.everybody is None else self.everybody.place
        histories, news = self.recent.read(user_ids, since=place)
        if self.everybody is not None and news is not None:
            self.everybody.hear(news)
        now = self.clock()
        predictions = self.predict(histories, at=now)
        plain = [history.most_frequent for history in histories]
        self.recent.tell(expectations(zip(user_ids, predictions, plain, strict=True), at=now))
        return [replace(one, at_login=_at_login(before)) for one, before in zip(predictions, histories, strict=True)]

    def on_actions(self, user_ids: Sequence[str]) -> None:
        """Users did something: predict what each does next, whoever asks or not, and act on it.

        Args:
            user_ids: May name a user several times; only what they do after the last action counts.

        Raises:
            BrokerUnavailable, StoreUnavailable: Nothing, or not everything, was made ready.
        """
        users = list(dict.fromkeys(user_ids))
        predictions = dict(zip(users, self.of(users), strict=True))
        if self.act is not None and predictions:
            self.act(predictions)


def _at_login(history: History) -> bool:
    return bool(history.steps) and history.steps[-1][0] == LOGIN
