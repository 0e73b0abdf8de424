"""The folder that a stack keeps everything in."""

from pathlib import Path

from api.stack.lock import held_lock


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Facts, queued events and models are nobody else's on the machine."""
    folder = tmp_path / "new"
    with held_lock(folder):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """Whoever shares it has said so."""
    tmp_path.chmod(0o755)
    with held_lock(tmp_path):
        assert tmp_path.stat().st_mode & 0o077 == 0o055
