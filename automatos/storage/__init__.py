"""The one door to files and objects: a folder of this machine, or a bucket of an S3 store where one is configured.

`objects.py` is what the product calls. `folder.py` and `bucket.py` are the stores behind it, and Django's storages too.
"""
