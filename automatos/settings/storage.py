"""Where files are kept: a folder under DATA, or the bucket that AWS_S3_BUCKET names."""

import re

from automatos import env
from automatos.settings.folders import LOCAL

FILES_FOLDER = {"BACKEND": "automatos.storage.folder.Folder", "OPTIONS": {"location": LOCAL.data / "files"}}
FILES_BUCKET = None
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_bucket = env.text("AWS_S3_BUCKET")
_endpoint = env.url("AWS_S3_ENDPOINT_URL", schemes=("http", "https"))
# A store at an address of its own is often one that browsers do not reach; then files go through the product.
FILES_LINKS = env.boolean("AWS_S3_LINKS", default=not _endpoint)

if _bucket:
    _key, _secret = env.text("AWS_ACCESS_KEY_ID"), env.text("AWS_SECRET_ACCESS_KEY")
    if bool(_key) != bool(_secret):
        _missing = "AWS_SECRET_ACCESS_KEY" if _key else "AWS_ACCESS_KEY_ID"
        raise env.EnvError(_missing, "is missing", "Set both keys, or none to use the machine's own role.")
    if not _BUCKET_NAME.fullmatch(_bucket):
        raise env.EnvError("AWS_S3_BUCKET", f"is {_bucket!r}, which is no bucket's name", "Write the name alone.")
    FILES_BUCKET = {
        "BACKEND": "automatos.storage.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": _bucket,
            "region_name": env.text("AWS_REGION", "us-east-1"),
            "endpoint_url": _endpoint or None,
            "access_key": _key or None,
            "secret_key": _secret or None,
        },
    }
STORAGES = {
    "default": FILES_BUCKET or FILES_FOLDER,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
