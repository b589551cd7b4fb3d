"""A certificate that the program signs itself, for trying it out: browsers and clients warn of it, and rightly so."""

import datetime as dt
import ipaddress
import os
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAYS = 90


def self_signed_certificate(folder: Path, address: str) -> tuple[Path, Path]:
    """Return the paths of a certificate for this machine and of its key, made in `folder` where there is none that still holds."""
    cert, key = folder / "tls-self-signed.pem", folder / "tls-self-signed.key"
    now = dt.datetime.now(dt.UTC)
    if (
        cert.exists()
        and key.exists()
        and x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc > now + dt.timedelta(days=1)
    ):
        return cert, key
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "LoanLens, signed by itself")])
    made = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=_DAYS))
    made = made.add_extension(x509.SubjectAlternativeName(_names(address)), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    cert.write_bytes(made.sign(private, SHA256()).public_bytes(Encoding.PEM))
    return cert, key


def _names(address: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname())]
    numbers = {"127.0.0.1", "::1"} | ({address} if address.count(".") == 3 and address != "0.0.0.0" else set())  # noqa: S104  compared only
    return names + [x509.IPAddress(ipaddress.ip_address(each)) for each in sorted(numbers)]
