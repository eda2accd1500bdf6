"""A stage's Faust app, as far as it goes without a broker."""

from pathlib import Path

from streams.app import make_app
from streams.settings import Settings


def test_a_stage_starts_where_no_folder_of_its_data_is_there(tmp_path: Path) -> None:
    data = tmp_path / "not" / "there"
    app = make_app(Settings(data=data), "intake", max_records=1)
    app._create_directories()
    assert (data / "faust").is_dir()
