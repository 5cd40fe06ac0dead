"""What those who watch over see (统计): counts by school, rates, who is at risk, daily snapshots, bulletins, the live view."""
