"""`manage.py move_files bucket|folder`: the product's files from the folder under DATA into the bucket, or back."""

from typing import Any, cast

from django.conf import settings
from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos.storage.moving import move
from automatos.storage.store import StorageDown, Store


class Command(BaseCommand):
    help = (
        "Copy all files (documents, files of runs, plugins) from the folder under DATA into the bucket that "
        "AWS_S3_BUCKET names, or back. Stop the product first. Each file is compared once it is written; it may be "
        "repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", choices=("bucket", "folder"), help="where the files shall be")
        parser.add_argument("--delete", action="store_true", help="remove each file from its old place, once copied")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, target: str, delete: bool, dry_run: bool, **options: Any) -> None:
        if settings.FILES_BUCKET is None:
            raise CommandError("There is no bucket. Set AWS_S3_BUCKET and its keys, see docs/settings.md.")
        bucket = cast(Store, storages.create_storage(settings.FILES_BUCKET))
        folder = cast(Store, storages.create_storage(settings.FILES_FOLDER))
        source, goal = (folder, bucket) if target == "bucket" else (bucket, folder)
        counts = {"copied": [0, 0], "already there": [0, 0]}
        try:
            for moved in move(source, goal, remove=delete, dry=dry_run):
                counts[moved.outcome][0] += 1
                counts[moved.outcome][1] += moved.size
                if options["verbosity"] > 1:
                    self.stdout.write(f"{moved.outcome}: {moved.name} ({moved.size:,} bytes)")
        except StorageDown as error:
            raise CommandError(error.message) from error
        verb = "would be copied" if dry_run else "copied"
        (copied, size), (there, _) = counts["copied"], counts["already there"]
        self.stdout.write(f"{copied:,} files {verb} ({size:,} bytes), {there:,} were there already.")
        if delete and not dry_run:
            where = "folder" if target == "bucket" else "bucket"
            self.stdout.write(f"{copied + there:,} files were removed from the {where}.")
