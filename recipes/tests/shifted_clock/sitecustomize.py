"""For a process that is started with this folder in PYTHONPATH: its clock is wrong by CLOCK_SHIFT seconds."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(os.environ["CLOCK_SHIFT"])), tick=True).start()
