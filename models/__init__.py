"""Tables only. Imports nothing of ours; every layer above may use it."""

from models.account import Account
from models.achievement import Achievement, LeaderAchievement
from models.appointment import Appointment
from models.audit import AuditEntry, AuditHead, Notice, SignInRecord
from models.base import Base
from models.course import Course, Lesson
from models.enrolment import CourseChoice, Enrolment
from models.entrance import EnrolmentMove, Quota, UsedTicket
from models.fee import Bill, Remittance
from models.hour_correction import HourCorrection
from models.organisation import Organisation
from models.paper import HonourEntry, HonourList, Paper, PaperSeries, Recommendation
from models.profile_correction import ProfileCorrection
from models.programme import Programme
from models.refresh_token import RefreshToken
from models.register import RegisterExport, RegisterReceipt, RegisterRow, Sample, SampleEntry, SchoolContact
from models.result import Result
from models.staff_session import SecondFactor, StaffSession
from models.study import Coverage, StudyDay, StudySession
from models.tally import Bulletin, DailyTally, SchoolTally
from models.upload import RosterImport, RosterImportRow, Upload, UploadPart
from models.wechat_binding import WechatBinding
from models.workshop import Workshop

__all__ = [
    "Account",
    "Achievement",
    "Appointment",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Bill",
    "Bulletin",
    "Course",
    "CourseChoice",
    "Coverage",
    "DailyTally",
    "Enrolment",
    "EnrolmentMove",
    "HonourEntry",
    "HonourList",
    "HourCorrection",
    "LeaderAchievement",
    "Lesson",
    "Notice",
    "Organisation",
    "Paper",
    "PaperSeries",
    "ProfileCorrection",
    "Programme",
    "Quota",
    "Recommendation",
    "RefreshToken",
    "RegisterExport",
    "RegisterReceipt",
    "RegisterRow",
    "Remittance",
    "Result",
    "RosterImport",
    "RosterImportRow",
    "Sample",
    "SampleEntry",
    "SchoolContact",
    "SchoolTally",
    "SecondFactor",
    "SignInRecord",
    "StaffSession",
    "StudyDay",
    "StudySession",
    "Upload",
    "UploadPart",
    "UsedTicket",
    "WechatBinding",
    "Workshop",
]
