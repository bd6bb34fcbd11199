"""`python -m relais_verify`."""

import sys

from relais_verify.app import main

sys.exit(main())
