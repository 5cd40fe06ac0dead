"""Registers and forms (登记、报表): rows, files, receipts, and what changed since the last one."""
