"""Notifications leave over real HTTP and SMTP on this machine, for a bounded time, and show nobody their address."""

from __future__ import annotations

import builtins
import email
import io
import json
import logging
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from importer.core.errors import SettingsError
from importer.core.redaction import Secret, redact
from importer.jobs.config.loader import parse_jobs
from importer.jobs.config.model import Address
from importer.jobs.notifications import dispatcher, sender_process
from importer.jobs.notifications.addresses import ALLOWED, FORBIDDEN_OPTIONS, hide_addresses, read_address
from importer.jobs.notifications.dispatcher import describe_answer, make_sender, try_addresses
from importer.jobs.store.records import JobRun, NotificationMessage, PendingNotification
from importer.jobs.store.store import JobStore
from tests.support.notification_servers import MailServer, Webhook, serving

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
NOTICE = NotificationMessage("a", "problems", "a: 46 rows need you", "first line\n    /srv/<results> & more.xlsx")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving(Webhook()) as server:
        yield server


@pytest.fixture(autouse=True)
def _logger_as_before() -> Iterator[None]:
    logger = logging.getLogger("apprise")
    yield
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


def message(address: str, **more: Any) -> dict[str, Any]:
    allowed = sorted(ALLOWED)
    words = {"title": NOTICE.title, "text": NOTICE.text, "type": "info"}
    return {"address": address, "allowed": allowed, "forbidden": FORBIDDEN_OPTIONS, **words, **more}


def test_a_webhook_hears_it_and_nobody_sees_its_address(
    webhook: Webhook, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Title and text arrive as they are; a log at its most talkative has no word of Apprise's."""
    caplog.set_level(logging.DEBUG, logger="apprise")
    assert sender_process.send_message(message(f"{webhook.address}/tok3n0path0abc")) == "sent"
    assert [(each["title"], each["message"]) for each in webhook.received] == [(NOTICE.title, NOTICE.text)]
    assert not [record for record in caplog.records if record.name.startswith("apprise")]
    webhook.status = 503
    assert sender_process.send_message(message(f"{webhook.address}/tok3n0path0abc")) == "status 503"
    out, err = capfd.readouterr()
    assert "tok3n0path0abc" not in caplog.text + out + err


@pytest.mark.slow
def test_no_redirect_is_followed_by_a_notification(webhook: Webhook) -> None:
    """A message goes where its address says and nowhere else."""
    webhook.status = 307
    assert sender_process.send_message(message(webhook.address)) == "status 307"
    assert len(webhook.received) == 1


def test_a_mail_is_sent() -> None:
    """From whom, to whom, and the text, with nothing of it taken for HTML; a refusal is told with its number."""
    with serving(MailServer()) as server:
        address = f"mailto://127.0.0.1:{server.port}?from=jobs@example.org&to=team@example.org&mode=insecure"
        assert sender_process.send_message(message(address)) == "sent"
        mail = email.message_from_string(server.mails[0], policy=default)
        assert (mail["subject"], mail["to"]) == (NOTICE.title, "team@example.org")
        assert "jobs@example.org" in mail["from"]
        assert mail.get_body(("plain",)).get_content().split("\n")[1].strip() == "/srv/<results> & more.xlsx"  # type: ignore[union-attr]
        html = mail.get_body(("html",))
        assert html is None or "&lt;results&gt;" in html.get_content()
        server.refusal = "550 team@example.org is unknown"
        assert sender_process.send_message(message(address)) == "status 550"


def test_what_is_not_sent_to(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds that do something on this machine, what is no address at all, and no Apprise."""
    assert sender_process.send_message(message("syslog://")) == "refused"
    assert sender_process.send_message(message(webhook.address, allowed=["slack"])) == "refused"
    assert sender_process.send_message(message(f"{webhook.address}/?x=1;template=/etc/passwd")) == "refused"
    assert sender_process.send_message(message("json://")) == "unknown"
    assert sender_process.send_message(message("slack://x")) == "unknown"
    assert sender_process.send_message(message("json://127.0.0.1:1/")) == "connection"
    assert webhook.received == []
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "apprise":
            raise ImportError("No module named 'apprise'", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert "importer[jobs]" in describe_answer(sender_process.send_message(message(webhook.address)))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Failed to send: Unauthorized, error=401.", "status 401"),
        ("SMTP Exception: (535, b'5.7.8 key-of-somebody')", "status 535"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed", "certificate"),
        ("Failed to resolve 'x' ([Errno -2] Name or service not known)", "name"),
        ("Read timed out. (read timeout=4.0)", "time"),
        ("something that holds a token", "other"),
    ],
)
def test_only_numbers_and_few_words_of_a_log_pass(line: str, word: str) -> None:
    """What Apprise logs may hold addresses and answers; none of its own words is told."""
    assert sender_process._reason(["before", line]) == word
    assert describe_answer(word)


@pytest.mark.slow
def test_every_kind_is_known_to_apprise_and_none_is_local() -> None:
    """No word of the list is a slip; addresses as services show them are read; what acts on this machine is not there."""
    from apprise.manager_plugins import NotificationManager
    from apprise.plugins import url_to_dict

    known = set(NotificationManager().schemas())
    assert known >= ALLOWED
    local = {
        "dbus",
        "kde",
        "qt",
        "glib",
        "gio",
        "gnome",
        "macosx",
        "windows",
        "syslog",
        "blink1",
        "growl",
        "vapid",
        "fcm",
    }
    assert not local & ALLOWED
    for native in (
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "https://prod-3.westeurope.logic.azure.com:443/workflows/b4ae/triggers/manual/paths/invoke?api-version=1&sig=x9",
        "https://chat.googleapis.com/v1/spaces/w0rkspace/messages?key=k3y&token=t0ken",
    ):
        assert url_to_dict(native)["schema"] in ALLOWED, native


def test_the_process_answers_with_one_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its question comes through standard input; a crash of it leaves no core file."""
    resource = pytest.importorskip("resource")
    limits = []
    monkeypatch.setattr(resource, "setrlimit", lambda *limit: limits.append(limit))
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(message("syslog://"))))
    sender_process.main()
    assert capsys.readouterr().out == "refused\n"
    assert limits == [(resource.RLIMIT_CORE, (0, 0))]


@pytest.mark.slow
def test_another_process_sends_it(webhook: Webhook) -> None:
    """The whole way through a process of its own, which knows none of our variables."""
    send = make_sender({"LSQ_ACCESS_KEY": "secret", "no_proxy": "127.0.0.1"})
    assert send(Secret(webhook.address), NOTICE) == ""
    assert webhook.received[0]["type"] == "warning"


@pytest.mark.slow
def test_a_server_that_never_answers_is_given_up(webhook: Webhook) -> None:
    """A process that waits is ended."""
    webhook.silent = True
    assert make_sender({}, seconds=1)(Secret(webhook.address), NOTICE) == "There was no answer within 1 seconds."


def test_what_the_process_may_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address goes through a pipe; keys and home stay here; a process that dies or talks nonsense sends nothing."""
    seen: dict[str, Any] = {}
    answers = [b"noise\nsent\n", b"", b"Traceback\n"]

    def run(command: list[str], **named: Any) -> Any:
        seen.update(named, command=command)
        return subprocess.CompletedProcess(command, 0, answers.pop(0), b"")

    monkeypatch.setattr(subprocess, "run", run)
    send = make_sender(
        {"LSQ_SECRET_KEY": "k", "HOME": "/home/meera", "HTTPS_PROXY": "http://proxy:3128", "TEAM": "json://x"}
    )
    assert send(Secret("json://hidden"), NOTICE) == ""
    assert seen["env"] == {"HTTPS_PROXY": "http://proxy:3128", "HOME": "/nonexistent"}
    answers.insert(0, b"sent\n")
    make_sender({"LEADSQUARED_PROXY": "http://us:1"})(Secret("json://hidden"), NOTICE)
    assert seen["env"]["https_proxy"] == seen["env"]["http_proxy"] == "http://us:1"
    assert "hidden" not in " ".join(seen["command"])
    assert [send(Secret("json://hidden"), NOTICE) for _ in range(2)] == ["The process that sends has failed."] * 2

    def fail(*_: object, **__: object) -> Any:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "run", fail)
    assert send(Secret("json://hidden"), NOTICE) == "The process that sends cannot be started: Cannot allocate memory."


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("syslog://", "kind"),
        ("dbus://", "kind"),
        ("file:///etc/passwd", "kind"),
        ("just a text", "kind"),
        ("http://[", "not an address"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?template=/etc/passwd", "option template"),
        ("mailto://u:p@example.org?pgpprv=/home/x/key", "option pgpprv"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?x=1;%74emplate=/etc/passwd", "option template"),
    ],
)
def test_addresses_that_are_refused(address: str, word: str) -> None:
    """Nothing is run or read on this machine, and the sentence names the place and not the address."""
    with pytest.raises(SettingsError) as caught:
        read_address(Address(env="X"), {"X": address})
    assert word in caught.value.message
    assert "the variable X" in caught.value.message
    assert address not in caught.value.message + caught.value.remedy


def test_where_addresses_are_kept(tmp_path: Path) -> None:
    """A private file or a variable; their passwords and tokens are hidden by themselves, too, and hosts are not."""
    secret = tmp_path / "address"
    secret.write_text("mailtos://meera:pa%3ass-phrase@mail2.example.org", "utf-8")
    os.chmod(secret, 0o600)
    assert read_address(Address(file=str(secret)), {}).reveal().startswith("mailtos://")
    hook = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    hide_addresses([Address(env="X"), Address(env="unset")], {"X": hook})
    for hidden in ("pa:ss-phrase", "T1JJ3T3L2", "TIiajkdnlazkcOXrIdevi7FQ", hook):
        assert hidden not in redact(f"refused: {hidden}!")
    assert redact("services of mail2.example.org") == "services of mail2.example.org"
    with pytest.raises(SettingsError):
        read_address(Address(env="X"), {})


def test_an_address_is_a_credential(tmp_path: Path) -> None:
    """systemd hands it over in a folder of its own; a name does not lead out of it, and its value is hidden."""
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "team").write_text("jsons://meera:pa7ss-phrase@hooks.example.org\n", "utf-8")
    (folder / "team").chmod(0o400)
    environment = {"CREDENTIALS_DIRECTORY": str(folder)}
    assert read_address(Address(credential="team"), environment).reveal().startswith("jsons://")
    assert read_address(Address(credential="../elsewhere/team"), environment).reveal().startswith("jsons://")
    assert "pa7ss-phrase" not in redact("refused: pa7ss-phrase!")
    for wanted, given in (("gone", environment), ("team", {})):
        with pytest.raises(SettingsError) as caught:
            read_address(Address(credential=wanted), given)
        assert f"The credential {wanted} " in caught.value.message
        assert f"LoadCredential={wanted}:" in caught.value.remedy
    (folder / "bad").write_text("file:///etc/passwd", "utf-8")
    (folder / "bad").chmod(0o400)
    with pytest.raises(SettingsError, match="the credential bad holds is not of a kind"):
        read_address(Address(credential="bad"), environment)


def test_a_notification_remembers_its_credential(store: JobStore) -> None:
    """Until it is sent, and not the address itself."""
    notice = NotificationMessage("a", "failed", "title", "text")
    run = JobRun("a", "hand", "", "", NOW.isoformat(), "failed", 1, 0, 0, "m")
    store.add_run(run, [PendingNotification(notice, Address(credential="team"))])
    (found,) = store.notifications(["a"])
    assert found.address == Address(credential="team")


def test_trying_the_addresses_of_a_job(tmp_path: Path) -> None:
    """Each is tried, also after one that does not work."""
    text = (
        "jobs:\n  a: {account: x, mapping: m.yaml, source: {folder: in},\n"
        "    notify: [{url: {env: GONE}}, {url: {env: BAD}}, {url: {env: HERE}, when: silence, days: 2}]}\n"
    )
    task = parse_jobs(text, tmp_path / "jobs.yaml").task("a")
    heard = []

    def send(address: Secret, notice: NotificationMessage) -> str:
        heard.append(notice)
        return "No." if address.reveal() == "json://bad" else ""

    tried = try_addresses(task, send, {"BAD": "json://bad", "HERE": "json://good"}, NOW)
    assert [(each["to"], each["when"]) for each in tried] == [
        ("the variable GONE", "problems"),
        ("the variable BAD", "problems"),
        ("the variable HERE", "silence"),
    ]
    assert [each["trouble"].split(" ")[-1] for each in tried] == ["notification.", "No.", ""]
    assert heard[0].title == "a: a test"
    assert dispatcher._TYPES[heard[0].outcome] == "info"
