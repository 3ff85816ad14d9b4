"""Signs with pyHanko what tests/it/pyhanko.rs judges: python3 sign.py FORM.pdf FOLDER.

Under FOLDER it writes `roots`, `intermediates` and `crls`, a PDF for each case, and `manifest.json`, which says of each
case what an honest reader must find. Keys are made anew and thrown away; nothing is fetched.
"""

import datetime
import io
import itertools
import json
import logging
import pathlib
import sys

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, ed448, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic, writer
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.crypt import StandardSecuritySettingsRevision as Revision
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

logging.disable(logging.WARNING)  # that nothing is fetched is meant

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
PERMISSIONS = {1: MDPPerm.NO_CHANGES, 2: MDPPerm.FILL_FORMS, 3: MDPPerm.ANNOTATE}

# -- a certification authority -----------------------------------------------------------------------------------------


class Holder:
    """A name, a key, and the certificate that binds them."""

    def __init__(self, subject, key, issuer=None, extensions=(), digest=None):
        self.key, self.issuer = key, issuer or self
        self.name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.issuer.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 300 * DAY)
            .not_valid_after(NOW + 300 * DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issuer.key.public_key()), False)
        )
        for critical, extension in extensions:
            builder = builder.add_extension(extension, critical)
        self.certificate = builder.sign(self.issuer.key, digest or hash_for(self.issuer.key))

    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def asn1(self):
        return asn1_x509.Certificate.load(self.der())

    def asn1_key(self):
        form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return asn1_keys.PrivateKeyInfo.load(self.key.private_bytes(*form))


def hash_for(key):
    return hashes.SHA256() if isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)) else None


def usage(*names):
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    ).split()
    return True, x509.KeyUsage(**{name: name in names for name in every})


def authority(name, key, issuer=None):
    subject = [(NameOID.COUNTRY_NAME, "EC"), (NameOID.ORGANIZATION_NAME, "CLAVERO FIXTURE"), (NameOID.COMMON_NAME, name)]
    constraints = x509.BasicConstraints(ca=True, path_length=None if issuer is None else 0)
    return Holder(subject, key, issuer, [(True, constraints), usage("key_cert_sign", "crl_sign")])


def person(key, issuer, document, surname, given):
    """A natural person as Resolution ARCOTEL-2024-0176 names one, under the policy of an entity of the table."""
    subject = [
        (NameOID.COUNTRY_NAME, "EC"),
        (NameOID.SERIAL_NUMBER, f"IDCEC-{document}"),
        (NameOID.SURNAME, surname),
        (NameOID.GIVEN_NAME, given),
        (NameOID.COMMON_NAME, f"{given} {surname}"),
    ]
    policy = x509.PolicyInformation(x509.ObjectIdentifier("1.3.6.1.4.1.37746.1.2.1"), None)
    return Holder(
        subject,
        key,
        issuer,
        [usage("digital_signature", "content_commitment"), (False, x509.CertificatePolicies([policy]))],
    )


def helper(name, key, issuer, purpose, *more):
    subject = [(NameOID.COUNTRY_NAME, "EC"), (NameOID.COMMON_NAME, name)]
    return Holder(
        subject, key, issuer, [usage("digital_signature"), (True, x509.ExtendedKeyUsage([purpose])), *more]
    )


def revocation_list(issuer):
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.name)
        .last_update(NOW - DAY / 2)
        .next_update(NOW + 7 * DAY)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
        .add_extension(x509.CRLNumber(7), False)
    )
    return builder.sign(issuer.key, hash_for(issuer.key)).public_bytes(serialization.Encoding.DER)


def answer(holder, responder):
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            holder.certificate,
            holder.issuer.certificate,
            hashes.SHA1(),
            ocsp.OCSPCertStatus.GOOD,
            NOW - datetime.timedelta(hours=1),
            NOW + DAY,
            None,
            None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def rsa_key():
    return rsa.generate_private_key(65537, 2048)


ROOT = authority("RAIZ DE PRUEBA", rsa_key())
SUB = authority("SUBORDINADA DE PRUEBA", rsa_key(), ROOT)
EC_SUB = authority("SUBORDINADA DE CURVA DE PRUEBA", ec.generate_private_key(ec.SECP384R1()), ROOT)
TSA = helper("SELLADO DE TIEMPO DE PRUEBA", rsa_key(), ROOT, ExtendedKeyUsageOID.TIME_STAMPING)
RESPONDER = helper(
    "OCSP DE PRUEBA",
    ec.generate_private_key(ec.SECP256R1()),
    EC_SUB,
    ExtendedKeyUsageOID.OCSP_SIGNING,
    (False, x509.OCSPNoCheck()),
)
LISTS = [revocation_list(issuer) for issuer in (ROOT, SUB, EC_SUB)]


class Person:
    """Somebody who signs: with a certificate, in one way."""

    def __init__(self, algorithm, holder, digest="sha256", pss=False):
        self.algorithm, self.holder, self.digest = algorithm, holder, digest
        # The elliptic half is vouched for by OCSP, the other by CRLs.
        self.by_ocsp = holder.issuer is EC_SUB
        pool = SimpleCertificateStore.from_certs([holder.issuer.asn1(), ROOT.asn1()])
        self.signer = signers.SimpleSigner(
            signing_cert=holder.asn1(), signing_key=holder.asn1_key(), cert_registry=pool, prefer_pss=pss
        )

    def context(self):
        lists = LISTS[:1] if self.by_ocsp else LISTS
        answers = [answer(self.holder, RESPONDER)] if self.by_ocsp else []
        return ValidationContext(
            trust_roots=[ROOT.asn1()],
            other_certs=[SUB.asn1(), EC_SUB.asn1(), TSA.asn1(), RESPONDER.asn1()],
            crls=[asn1_crl.CertificateList.load(item) for item in lists],
            ocsps=[asn1_ocsp.OCSPResponse.load(item) for item in answers],
            allow_fetching=False,
            revocation_mode="hard-fail",
        )


RSA_HOLDER = person(rsa_key(), SUB, "2903141873", "TOAPANTA GUAMÁN", "ROSA ELVIRA")
PEOPLE = [
    Person("rsa-2048", RSA_HOLDER),
    Person("rsa-pss-2048", RSA_HOLDER, digest="sha384", pss=True),
    Person(
        "ecdsa-p256",
        person(ec.generate_private_key(ec.SECP256R1()), EC_SUB, "2904189160", "MOSQUERA ZURITA", "CARMEN BEATRIZ"),
    ),
    Person(
        "ecdsa-p384",
        person(ec.generate_private_key(ec.SECP384R1()), EC_SUB, "2907331033", "SALTOS MOREIRA", "EDUARDO JAVIER"),
        digest="sha384",
    ),
]
OTHERS = [
    Person(
        "ecdsa-p521",
        person(ec.generate_private_key(ec.SECP521R1()), EC_SUB, "2909425619", "CHILUISA TIPÁN", "HERNÁN PATRICIO"),
        digest="sha512",
    ),
    Person(
        "ed25519",
        person(ed25519.Ed25519PrivateKey.generate(), SUB, "2911520191", "ZAMBRANO INTRIAGO", "VÍCTOR HUGO"),
        digest="sha512",
    ),
    Person(
        "ed448",
        person(ed448.Ed448PrivateKey.generate(), SUB, "2914662065", "SACOTO ORDÓÑEZ", "VERÓNICA PAULINA"),
        digest="shake256",
    ),
    Person("ecdsa-p256", PEOPLE[2].holder, digest="sha3_256"),
]

# -- documents ---------------------------------------------------------------------------------------------------------


def plain(**options):
    """A page of text as pyHanko writes it."""
    out = writer.PdfFileWriter(**options)
    font = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Font"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/Type1"),
            generic.pdf_name("/BaseFont"): generic.pdf_name("/Helvetica"),
        }
    )
    fonts = generic.DictionaryObject({generic.pdf_name("/F1"): out.add_object(font)})
    resources = generic.DictionaryObject({generic.pdf_name("/Font"): fonts})
    stream = generic.StreamObject(stream_data=b"BT /F1 14 Tf 72 720 Td (Solicito una clave nueva.) Tj ET")
    out.insert_page(writer.PageObject(contents=out.add_object(stream), media_box=(0, 0, 595, 842), resources=resources))
    return out


def written(document):
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def encrypted(method):
    """Encrypted under the empty user password: everybody opens it."""
    document = plain()
    if method == "aes256":
        handler = StandardSecurityHandler.build_from_pw("owner", "")
    else:
        revisions = {"aes128": Revision.RC4_OR_AES128, "rc4": Revision.RC4_EXTENDED}
        handler = StandardSecurityHandler.build_from_pw_legacy(
            rev=revisions[method],
            id1=document._document_id[0],
            desired_owner_pass="owner",
            desired_user_pass="",
            keylen_bytes=16,
            use_aes128=method == "aes128",
        )
    document._assign_security_handler(handler)
    return written(document)


def with_fields(pdf, *names):
    out = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for place, name in enumerate(names):
        left = 60 + 240 * place
        fields.append_signature_field(out, SigFieldSpec(name, box=(left, 60, left + 220, 120)))
    return written(out)


# -- signing -----------------------------------------------------------------------------------------------------------


def sign(pdf, who, level="B-B", permission=None, cades=True, field="Firma", spec=None, style=None, password=None):
    timestamper = None
    options = {}
    if level != "B-B":
        pool = SimpleCertificateStore.from_certs([ROOT.asn1()])
        timestamper = DummyTimeStamper(TSA.asn1(), TSA.asn1_key(), certs_to_embed=pool)
    if level in ("B-LT", "B-LTA"):
        options.update(embed_validation_info=True, validation_context=who.context(), use_pades_lta=level == "B-LTA")
    if permission:
        options.update(certify=True, docmdp_permissions=PERMISSIONS[permission])
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=who.digest,
        subfilter=SigSeedSubFilter.PADES if cades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        location="Macas",
        reason="Solicitud",
        **options,
    )
    pdf_signer = signers.PdfSigner(
        metadata, signer=who.signer, timestamper=timestamper, new_field_spec=spec, stamp_style=style
    )
    document = IncrementalPdfFileWriter(io.BytesIO(pdf))
    if password is not None:
        document.encrypt(password)
    return pdf_signer.sign_pdf(document).getvalue()


def matrix(form):
    """Levels, algorithms, permissions and formats."""
    for level, who, permission in itertools.product(("B-B", "B-T", "B-LT", "B-LTA"), PEOPLE, (None, 1, 2, 3)):
        for cades in (True, False):
            # Archive timestamps belong to PAdES alone.
            if cades or level != "B-LTA":
                name = f"form-{level}-{who.algorithm}-{permission or 'approval'}-{'cades' if cades else 'adbe'}"
                yield name, sign(form, who, level, permission, cades), level, [who]


def others(form):
    """The rest of what honest people do."""
    first, second = PEOPLE[0], PEOPLE[2]
    for who in OTHERS:
        yield f"form-{who.algorithm}-{who.digest}", sign(form, who), "B-B", [who]
    box = (60, 60, 300, 120)
    stamped = sign(form, first, spec=SigFieldSpec("Firma", box=box), style=TextStampStyle())
    yield "form-visible", stamped, "B-B", [first]
    prepared = with_fields(form, "Gerente", "Presidente")
    yield "form-prepared", sign(prepared, first, field="Gerente", style=TextStampStyle()), "B-B", [first]
    for permission in (None, 2, 3):
        for level in ("B-B", "B-LT", "B-LTA"):
            pdf = sign(prepared, first, level, permission, field="Gerente", style=TextStampStyle())
            pdf = sign(pdf, second, level, field="Presidente", style=TextStampStyle())
            yield f"two-prepared-{level}-{permission or 'approval'}", pdf, level, [first, second]
    pdf = sign(sign(form, first, field="Uno"), second, "B-LTA", field="Dos")
    yield "two-bb-then-lta", pdf, None, [first, second]
    for name, document in [("classic", plain(stream_xrefs=False)), ("streams", plain(stream_xrefs=True))]:
        paper = written(document)
        for level in ("B-B", "B-LTA"):
            yield f"{name}-{level}", sign(paper, first, level), level, [first]
    for method in ("aes256", "aes128", "rc4"):
        paper = encrypted(method)
        for level in ("B-B", "B-LTA"):
            yield f"encrypted-{method}-{level}", sign(paper, second, level, password=""), level, [second]


def main(form, folder):
    for name, holders in [("roots", [ROOT]), ("intermediates", [SUB, EC_SUB])]:
        (folder / name).mkdir()
        for place, holder in enumerate(holders):
            (folder / name / f"{place}.crt").write_bytes(holder.der())
    (folder / "crls").mkdir()
    for place, der in enumerate(LISTS):
        (folder / "crls" / f"{place}.crl").write_bytes(der)
    cases = []
    for name, pdf, level, people in itertools.chain(matrix(form), others(form)):
        (folder / f"{name}.pdf").write_bytes(pdf)
        cases.append({"id": name, "level": level, "algorithms": [who.algorithm for who in people]})
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    manifest = {"at": at.isoformat(), "cases": cases}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).read_bytes(), pathlib.Path(sys.argv[2]))
