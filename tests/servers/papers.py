"""Certificates for throw-away servers: made for one test, worth nothing anywhere else."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """Vouches for names; `.file` is its own certificate. All files lie in one folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self._key = folder, name, ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate(name, self._key.public_key(), ca=True))

    def issue(self, name: str) -> tuple[Path, Path]:
        """(certificate, key) of a host name, as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, kept = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(self._certificate(name, key.public_key(), ca=False))
        kept.touch(mode=0o600)
        kept.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, kept

    def _certificate(self, name, public_key, *, ca):
        now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
        made = (
            x509.CertificateBuilder().subject_name(_named(name)).issuer_name(_named(self.name)).public_key(public_key)
            .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        )
        return made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
