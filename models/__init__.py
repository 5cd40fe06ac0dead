"""Tables only. Imports nothing of ours; every layer above may use it."""

from models.account import Account
from models.base import Base
from models.course import Course, Lesson
from models.enrolment import CourseChoice, Enrolment
from models.organisation import Organisation
from models.profile_correction import ProfileCorrection
from models.programme import Programme
from models.refresh_token import RefreshToken
from models.study import Coverage, StudyDay, StudySession
from models.wechat_binding import WechatBinding

__all__ = [
    "Account",
    "Base",
    "Course",
    "CourseChoice",
    "Coverage",
    "Enrolment",
    "Lesson",
    "Organisation",
    "ProfileCorrection",
    "Programme",
    "RefreshToken",
    "StudyDay",
    "StudySession",
    "WechatBinding",
]
