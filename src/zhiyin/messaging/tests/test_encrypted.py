"""Encrypted connections: to a certificate that fits the name, on the machine's own authorities, or not at all."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from zhiyin.messaging.channels.email import Email, Mailbox
from zhiyin.messaging.channels.pinned import ConnectionBroke
from zhiyin.messaging.channels.protocol import Laid
from zhiyin.messaging.channels.sms import Sms
from zhiyin.messaging.rules.answers import Broken
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import EmailSetup, SmsSetup
from zhiyin.messaging.testing import Gateway, MailServer, make_envelope
from zhiyin.messaging.tests.imap_server import ImapServer


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side for the name ``localhost``, by an authority that this machine trusts for the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "authority.pem").write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "server.pem").write_bytes(pem + private)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


@pytest.fixture
def gateway(certified: ssl.SSLContext) -> Iterator[Gateway]:
    with Gateway(certified) as running:
        yield running


def send_sms(gateway: Gateway, host: str) -> Outcome:
    setup = SmsSetup(
        url=f"https://{host}:{gateway.port}/send", body={"to": "{to}", "text": "{text}"}, timeout=2, headers={}
    )
    sms, envelope = Sms("gateway", setup, private_hosts={host}), make_envelope()
    (outcome,) = sms.send([envelope], still_ours=lambda: {envelope.message_id})
    sms.close()
    return outcome


def test_the_pinned_address_is_held_to_the_certificate_of_the_name(gateway: Gateway) -> None:
    assert send_sms(gateway, "localhost").result is Result.ACCEPTED


def test_a_certificate_for_another_name_gets_no_message(gateway: Gateway) -> None:
    assert send_sms(gateway, "127.0.0.1").result is Result.NOT_SENT
    assert gateway.accepted == []


def test_an_authority_that_nobody_trusts_gets_no_message(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert send_sms(gateway, "localhost").result is Result.NOT_SENT
    assert gateway.accepted == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(("host", "result"), [("localhost", Result.ACCEPTED), ("127.0.0.1", Result.NOT_SENT)])
def test_mail_goes_encrypted_and_to_the_right_name_only(
    certified: ssl.SSLContext, security: str, host: str, result: Result
) -> None:
    with MailServer(certified, at_once=security == "tls") as server:
        server.replies = {"EHLO": "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN"}
        setup = EmailSetup(
            host=host,
            port=server.port,
            security=security,
            sender="care@example.com",
            user="care",
            password="hunter2hunter2",
            timeout=2,
        )
        channel = Email("mail", setup, private_hosts={host})
        (outcome,) = channel.send([make_envelope(message_id=1, to="wang@example.com")], still_ours=lambda: {1})
        channel.close()
        assert outcome.result is result
        assert len(server.accepted) == (result is Result.ACCEPTED)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mailbox_is_read_encrypted_for_a_certificate_of_its_name_only(
    certified: ssl.SSLContext, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ImapServer(certified, at_once=security == "tls") as box:
        box.capabilities, box.mails = "IMAP4rev1 STARTTLS", {1: b"Subject: x\r\n\r\nx"}

        def collected(host: str) -> list[Laid]:
            found: list[Laid] = []
            given = {"imap_host": host, "imap_port": box.port, "imap_security": security, "imap_user": "a"}
            setup = EmailSetup(host="x", sender="a@b.cn", timeout=2, imap_password="secret words", **given)
            Mailbox(setup, private_hosts={host}).collect(found.append)
            return found

        with pytest.raises(ConnectionBroke) as broke:
            collected("127.0.0.1")
        assert broke.value.how is Broken.NOT_SECURE
        assert not [said for said in box.said if said.startswith("LOGIN")], "no password without encryption"
        assert [laid.body for laid in collected("localhost")] == [b"Subject: x\r\n\r\nx"]
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(ConnectionBroke):
            collected("localhost")


def test_a_mailbox_without_starttls_gets_no_password() -> None:
    with ImapServer() as box:
        given = {"imap_host": "127.0.0.1", "imap_port": box.port, "imap_security": "starttls", "imap_user": "a"}
        setup = EmailSetup(host="x", sender="a@b.cn", timeout=2, imap_password="secret words", **given)
        with pytest.raises(ConnectionBroke):
            Mailbox(setup, private_hosts={"127.0.0.1"}).collect(lambda _laid: None)
        assert not [said for said in box.said if said.startswith("LOGIN")]
