"""A full pass in a process whose files may not grow: prints the error, fails if anything changed."""

import resource
import signal
import sys

from tests.support.world import make_world

from attio_simulator import generate_hiring_pipeline
from attio_sync.errors import SpoolError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
world = make_world(lambda clock: generate_hiring_pipeline(150, seed=7, clock=clock))
world.sync()
before = (world.histories, world.stays)
world.pass_time(days=9)
try:
    world.sync()
except SpoolError as error:
    sys.stdout.write(f"{error}\n")
    sys.exit(0 if (world.histories, world.stays) == before else 2)
sys.exit(3)
