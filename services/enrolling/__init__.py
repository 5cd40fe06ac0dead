"""Who takes part (报名): places, schools, workshops, exemptions, make-up."""
