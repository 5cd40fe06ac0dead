"""What teachers hand in (提交), and everything that earns points besides watching (考核记录)."""
