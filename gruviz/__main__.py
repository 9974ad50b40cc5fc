"""`python -m gruviz`."""

import sys

from gruviz.cli import main

sys.exit(main())
