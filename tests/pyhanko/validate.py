"""Validates one signed PDF in one process over and over, as `cargo bench` does with ours, and prints the median in seconds:
the better one of two ways, with a validation context for each round and with one for all of them.

usage: validate.py FILE FOLDER MOMENT ROUNDS

FOLDER holds `roots`, `intermediates` and `crls` in DER. Everything that can be read once is read once: the trust material
outside, and the file as bytes; each round opens the document and judges its signature with revocation required. Nothing is
asked over the network, and everything was done once before the clock starts.
"""

import datetime
import io
import pathlib
import statistics
import sys
import time

from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

file, folder, moment, rounds = sys.argv[1:]
folder = pathlib.Path(folder)


def read(name, kind):
    return [kind.load(path.read_bytes()) for path in sorted((folder / name).iterdir())]


document = pathlib.Path(file).read_bytes()
roots = read("roots", x509.Certificate)
others = read("intermediates", x509.Certificate)
lists = read("crls", crl.CertificateList)
at = datetime.datetime.fromisoformat(moment)


def context():
    return ValidationContext(
        trust_roots=roots,
        other_certs=others,
        crls=lists,
        moment=at,
        allow_fetching=False,
        revocation_mode="require",
    )


def validate(context):
    reader = PdfFileReader(io.BytesIO(document))
    status = validate_pdf_signature(reader.embedded_signatures[0], context)
    if not status.bottom_line:
        sys.exit(status.pretty_print_details())


def median(validate):
    validate()
    times = []
    for _ in range(int(rounds)):
        start = time.perf_counter()
        validate()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


kept = context()
print(min(median(lambda: validate(context())), median(lambda: validate(kept))))
