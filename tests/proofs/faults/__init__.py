"""Faults: processes killed, disks filled, networks cut, while shoppers buy; and what was lost by it."""
