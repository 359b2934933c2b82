"""Settings: all mistakes at once, in words that help; no secret shown."""

from pathlib import Path

import pytest

from chassis.config import ProcessSettings, ServiceSettings
from chassis.settings import Settings, SettingsError, between, setting, settings, without_password

GOOD = {
    "KEFU_AMQP_URI": "amqp://kefu:s3cret@localhost:5672/kefu",
    "KEFU_DATABASE_URL": "postgresql://u:s3cret@localhost/kefu_{service}",
}


@settings
class Sample(Settings):
    flag: bool = setting("KEFU_T_FLAG", default=False, text="A switch.")
    names: tuple[str, ...] = setting("KEFU_T_NAMES", default=("a",), text="Names.")
    folder: Path | None = setting("KEFU_T_FOLDER", default=None, text="A folder.")
    ratio: float = setting("KEFU_T_RATIO", default=0.5, text="A share.", check=between(0, 1))
    token: str = setting("KEFU_T_TOKEN", default="t0ken", text="A token.", secret=True)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for info in [*ServiceSettings.describe(), *Sample.describe()]:
        monkeypatch.delenv(info.name, raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_defaults() -> None:
    config = ProcessSettings.load()
    assert (config.log_level, config.metrics_port, config.clock_file) == ("INFO", 0, None)


def test_every_kind_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, KEFU_T_FLAG="true", KEFU_T_NAMES="x, y,", KEFU_T_FOLDER="/tmp", KEFU_T_RATIO="0.25")
    config = Sample.load()
    assert (config.flag, config.names, config.folder, config.ratio) == (True, ("x", "y"), Path("/tmp"), 0.25)


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, KEFU_T_RATIO="", KEFU_T_FOLDER="  ")
    assert Sample.load().ratio == 0.5
    assert Sample.load().folder is None


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        KEFU_DATABASE_URL="mysql://x/{service}",
        KEFU_MAX_WORKERS="many",
        KEFU_LOG_LEVEL="LOUD",
        KEFU_METRICS_PORT="70000",
    )
    with pytest.raises(SettingsError) as caught:
        ServiceSettings.load()
    told = str(caught.value)
    for expected in (
        "KEFU_AMQP_URI: is not set. RabbitMQ's address",
        "Example: KEFU_AMQP_URI=amqp://",
        "KEFU_DATABASE_URL: must begin with one of postgresql://",
        "KEFU_MAX_WORKERS: not a valid integer, got 'many'",
        "KEFU_LOG_LEVEL: must be one of DEBUG, INFO, WARNING, ERROR, got 'LOUD'",
        "KEFU_METRICS_PORT: must be from 0 to 65535, got 70000",
    ):
        assert expected in told


def test_one_database_for_all_services_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **GOOD | {"KEFU_DATABASE_URL": "postgresql://localhost/kefu"})
    with pytest.raises(SettingsError, match=r"KEFU_DATABASE_URL: must hold \{service\}"):
        ServiceSettings.load()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **GOOD)
    shown = repr(ServiceSettings.load()) + repr(Sample.load())
    assert "s3cret" not in shown
    assert "t0ken" not in shown
    assert "amqp://kefu:***@localhost:5672/kefu" in shown


def test_a_bad_secret_is_not_shown_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **GOOD | {"KEFU_AMQP_URI": "http://kefu:s3cret@localhost"})
    with pytest.raises(SettingsError) as caught:
        ServiceSettings.load()
    assert "s3cret" not in str(caught.value)


def test_a_value_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "amqp"
    secret.write_text("amqp://from:file@localhost//\n")
    given(monkeypatch, KEFU_AMQP_URI_FILE=str(secret), KEFU_DATABASE_URL=GOOD["KEFU_DATABASE_URL"])
    assert ServiceSettings.load().amqp_uri == "amqp://from:file@localhost//"


def test_a_missing_secret_file_is_one_of_the_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, KEFU_AMQP_URI_FILE="/nowhere/amqp")
    with pytest.raises(SettingsError, match="KEFU_AMQP_URI_FILE must be a readable file path"):
        ServiceSettings.load()


def test_describe_tells_defaults_and_hides_none() -> None:
    described = {info.name: info for info in ServiceSettings.describe()}
    assert described["KEFU_AMQP_URI"].default is None
    assert described["KEFU_AMQP_URI"].secret
    assert described["KEFU_MAX_WORKERS"].default == "10"
    assert all(info.text.endswith(".") for info in described.values())


def test_without_password_takes_an_at_sign_in_it() -> None:
    assert without_password("amqp://u:p@ss:w/o@host/v?key=1") == "amqp://u:***@host/v"
