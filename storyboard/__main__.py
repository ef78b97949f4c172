"""`python -m storyboard`: the same as the command `storyboard`."""

import sys

from storyboard.cli.main import main

sys.exit(main())
