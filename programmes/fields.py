"""What may stand in the columns of a form (报表), by what its rows are about. Pure names: services.registers.fields says how each is found.

name id_number id_number_masked mobile_masked   a teacher
school school_code county stage subject         where and what the teacher teaches
hours_credited hours_counted hours_required     credit hours: earned at all, counted towards the requirement, required
score passed credits certificate_number         the result, and the number of the certificate once it was issued
programme year track operator                   the project; the year in which its study begins; 报名项目; 承担机构
headcount                                       who is enrolled and not exempt, of the school, or of its stage where that is a column
handler contact contact_masked                  who speaks for the school (经办人、责任人), and the telephone
amount paid_on payer                            yuan due from a school, or remitted; when and by whom
status                                          how the enrolment, the school's payment or the remittance stands
"""

_SCHOOL = frozenset({"school", "school_code", "county"})
_CONTACT = frozenset({"handler", "contact", "contact_masked"})
_PROJECT = frozenset({"programme", "year"})

#: The fields by what a form's rows are.
FIELDS: dict[str, frozenset[str]] = {
    "learners": _SCHOOL
    | _PROJECT
    | {"name", "id_number", "id_number_masked", "mobile_masked", "stage", "subject", "track", "operator", "status"}
    | {"hours_credited", "hours_counted", "hours_required", "score", "passed", "credits", "certificate_number"},
    "schools": _SCHOOL | _PROJECT | _CONTACT | {"stage", "headcount", "amount", "status"},
    "remittances": _SCHOOL | _PROJECT | _CONTACT | {"headcount", "amount", "paid_on", "payer", "status"},
    "contacts": _SCHOOL | _PROJECT | _CONTACT | {"headcount"},
}
#: Personal numbers in clear: a file that holds them is written only with a password.
NUMBERS = frozenset({"id_number", "contact"})
