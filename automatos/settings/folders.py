"""Where things are: the project's folder, its `.env` file, and the data folder with the embedded servers."""

from pathlib import Path

from automatos import env
from automatos.local.addresses import addresses

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env.load(BASE_DIR / ".env")

LOCAL = addresses()
