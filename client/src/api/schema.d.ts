// Generated from /openapi.json by `npm run api`; do not edit.
export interface paths {
    "/v1/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with number and password */
        post: operations["sign_in_with_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/wechat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with a WeChat code; 403 wechat_not_bound carries a binding_ticket */
        post: operations["sign_in_with_wechat"];
        /** Unbind WeChat */
        delete: operations["unbind_wechat"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/wechat/bind": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bind a WeChat user to an account, and sign in */
        post: operations["bind_wechat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/portal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Arrive from a province's portal with a signed ticket */
        post: operations["sign_in_from_portal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchange a refresh token for a new pair */
        post: operations["refresh_tokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End the session of a refresh token */
        post: operations["log_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/mini-program/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The code to scan with WeChat; 404 where there is no mini-program */
        get: operations["show_mini_program_code"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who I am */
        get: operations["show_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change the password; every other session ends */
        put: operations["change_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirm that the personal data are right */
        post: operations["confirm_profile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/privacy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Agree to a version of the privacy text; again is harmless */
        put: operations["agree_to_privacy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Report personal data that are wrong to the school's administrator */
        post: operations["report_correction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where I am signed in, the one used last first */
        get: operations["list_devices"];
        put?: never;
        post?: never;
        /** End every log-in but this one, their players too */
        delete: operations["end_other_devices"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/devices/{device_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End that log-in, its player too; this one may be ended as well */
        delete: operations["end_device"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What I was told: the newest 50 */
        get: operations["list_notices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/notices/{notice_id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** I have read it; again is harmless */
        put: operations["read_notice"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The teacher's enrolments, latest first */
        get: operations["list_enrolments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments/{enrolment_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The score card */
        get: operations["show_score_card"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments/{enrolment_id}/courses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The catalogue with credited seconds, by module */
        get: operations["list_courses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments/{enrolment_id}/courses/{course_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Choose a course; again is harmless */
        put: operations["choose_course"];
        post?: never;
        /** Drop a course without credited seconds; again is harmless */
        delete: operations["drop_course"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/study/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Open a player */
        post: operations["open_study_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/study/beats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What the player really played since the last acknowledged beat */
        post: operations["beat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/study/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answer a presence check */
        post: operations["answer_presence_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/study/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The last beat of a session */
        post: operations["end_study_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/study/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which seconds of the session's lesson are credited, and which wait for a presence check */
        get: operations["show_coverage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments/{enrolment_id}/study": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of the time: per session reported, credited, withheld by reason */
        get: operations["show_study_evidence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/papers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All papers of the teacher: issued, due, or blocked and why */
        get: operations["list_papers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments/{enrolment_id}/papers/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Issue a learner's paper that is due; again is answered with the same paper */
        post: operations["issue_paper"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/programmes/{programme_id}/papers/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Issue a workshop leader's paper that is due; again is answered with the same paper */
        post: operations["issue_leaders_paper"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/papers/{paper_id}.pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The paper as a PDF */
        get: operations["print_paper"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments/{enrolment_id}/parts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The parts that are handed in, with what is there and what is still to do */
        get: operations["list_parts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enrolments/{enrolment_id}/parts/{part}/items/{item}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was handed in, with its text */
        get: operations["show_item"];
        /** Hand in, or replace what is not graded yet; again is harmless */
        put: operations["hand_in"];
        post?: never;
        /** Take back what nobody has graded; again is harmless */
        delete: operations["take_back"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** TokensReply */
        TokensReply: {
            /** Access Token */
            access_token: string;
            /** Refresh Token */
            refresh_token: string;
            /**
             * Token Type
             * @default Bearer
             * @constant
             */
            token_type: "Bearer";
            /**
             * Expires In
             * @description Seconds that the access token lives
             */
            expires_in: number;
            /** Must Change Password */
            must_change_password: boolean;
            /** Must Confirm Profile */
            must_confirm_profile: boolean;
        };
        /** PasswordBody */
        PasswordBody: {
            /**
             * Id Number
             * @description ID card, permit or passport number
             */
            id_number: string;
            /** Password */
            password: string;
        };
        /** WechatBody */
        WechatBody: {
            /**
             * Code
             * @description From wx.login; serves once
             */
            code: string;
        };
        /** BindBody */
        BindBody: {
            /** Binding Ticket */
            binding_ticket: string;
            /**
             * Id Number
             * @description ID card, permit or passport number
             */
            id_number: string;
            /** Password */
            password: string;
        };
        /** PortalBody */
        PortalBody: {
            /**
             * Portal
             * @description The portal's name, as agreed with it
             */
            portal: string;
            /**
             * Ticket
             * @description Signed by the portal; serves once
             */
            ticket: string;
        };
        /** RefreshBody */
        RefreshBody: {
            /** Refresh Token */
            refresh_token: string;
        };
        /** ProfileReply */
        ProfileReply: {
            /** Account Id */
            account_id: number;
            /** Role */
            role: string;
            /** Name */
            name: string;
            /** Id Kind */
            id_kind: string;
            /** Id Number Masked */
            id_number_masked: string;
            /** Mobile Masked */
            mobile_masked: string | null;
            /** School */
            school: string | null;
            /** Stage */
            stage: string | null;
            /** Subject */
            subject: string | null;
            /** Wechat Bound */
            wechat_bound: boolean;
            /** Must Change Password */
            must_change_password: boolean;
            /** Must Confirm Profile */
            must_confirm_profile: boolean;
            /** Last Login At */
            last_login_at: string | null;
            /**
             * Privacy Version
             * @description The privacy text that the teacher agreed to last; null: none yet.
             */
            privacy_version: string | null;
            /**
             * Unread Notices
             * @description Of the newest 50.
             */
            unread_notices: number;
        };
        /** ChangePasswordBody */
        ChangePasswordBody: {
            /** Old Password */
            old_password: string;
            /** New Password */
            new_password: string;
        };
        /** PrivacyBody */
        PrivacyBody: {
            /**
             * Version
             * @description Of the privacy text that was shown, such as its date.
             */
            version: string;
        };
        /** CorrectionReply */
        CorrectionReply: {
            /** Correction Id */
            correction_id: number;
            /**
             * Field
             * @enum {string}
             */
            field: "name" | "id_number" | "mobile" | "school" | "stage" | "subject" | "other";
            /** Status */
            status: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /** CorrectionBody */
        CorrectionBody: {
            /**
             * Field
             * @enum {string}
             */
            field: "name" | "id_number" | "mobile" | "school" | "stage" | "subject" | "other";
            /** Should Be */
            should_be: string;
            /**
             * Note
             * @default
             */
            note: string;
        };
        /**
         * DeviceList
         * @description Log-ins that are alive, the one used last first.
         */
        DeviceList: components["schemas"]["DeviceReply"][];
        /** DeviceReply */
        DeviceReply: {
            /**
             * Device Id
             * @description Names the log-in; good for nothing else.
             */
            device_id: string;
            /**
             * Device
             * @description 微信 Android, Chrome Windows, …; 其他设备 where it is not known.
             */
            device: string;
            /**
             * Route
             * @description web, wechat or portal
             */
            route: string;
            /**
             * Signed In At
             * Format: date-time
             */
            signed_in_at: string;
            /**
             * Last Used At
             * Format: date-time
             * @description When it last got tokens: at most `expires_in` before its last call.
             */
            last_used_at: string;
            /**
             * Current
             * @description Whether this call came from it.
             */
            current: boolean;
        };
        /** NoticeList */
        NoticeList: components["schemas"]["NoticeReply"][];
        /** NoticeReply */
        NoticeReply: {
            /** Notice Id */
            notice_id: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Kind
             * @description password_reset, unlocked, unbound, …: others may come.
             */
            kind: string;
            /**
             * Text
             * @description A Chinese sentence.
             */
            text: string;
            /** Read */
            read: boolean;
        };
        /** EnrolmentList */
        EnrolmentList: components["schemas"]["EnrolmentReply"][];
        /**
         * ContinueReply
         * @description A lesson to go on with.
         */
        ContinueReply: {
            /** Lesson Id */
            lesson_id: number;
            /**
             * Lesson
             * @description The lesson's title.
             */
            lesson: string;
            /** Course Id */
            course_id: number;
            /**
             * Course
             * @description The course's title.
             */
            course: string;
            /** Duration */
            duration: number;
            /** Credited */
            credited: number;
            /**
             * Last Studied At
             * @description Null: not opened yet in this enrolment.
             */
            last_studied_at: string | null;
        };
        /** EnrolmentReply */
        EnrolmentReply: {
            /** Enrolment Id */
            enrolment_id: number;
            /**
             * Programme
             * @description The programme's title.
             */
            programme: string;
            /**
             * Programme Id
             * @description The programme's key, the same over all its versions.
             */
            programme_id: string;
            /**
             * Phase
             * @description The key of the phase that holds now; null between and outside phases.
             */
            phase: string | null;
            /**
             * Phase Title
             * @description For people: the phase, or 未开始, 间歇, 已结束.
             */
            phase_title: string;
            /**
             * Study Open
             * @description Whether seconds studied now count.
             */
            study_open: boolean;
            /**
             * Study Opens At
             * @description When seconds begin to count (again); null while they do.
             */
            study_opens_at: string | null;
            /**
             * Study Closes At
             * @description The first instant that is too late; null once it passed.
             */
            study_closes_at: string | null;
            /** Status */
            status: string;
            /** Score */
            score: number;
            /** Pass Mark */
            pass_mark: number;
            /** Passed */
            passed: boolean;
            /**
             * Hours Credited
             * @description All credit hours earned.
             */
            hours_credited: number;
            /**
             * Hours Counted
             * @description Those that count: in each module at most what it requires.
             */
            hours_counted: number;
            /** Hours Required */
            hours_required: number;
            /**
             * Summary
             * @description What is still missing, in one Chinese line.
             */
            summary: string;
            /** @description The lesson last opened of those not wholly credited, else the next of the courses chosen; null: none is left. */
            continue_with: components["schemas"]["ContinueReply"] | null;
        };
        /** ScoreCardReply */
        ScoreCardReply: {
            /** Enrolment Id */
            enrolment_id: number;
            /**
             * Programme
             * @description The programme's title.
             */
            programme: string;
            /**
             * Programme Id
             * @description The programme's key, the same over all its versions.
             */
            programme_id: string;
            /**
             * Phase
             * @description The key of the phase that holds now; null between and outside phases.
             */
            phase: string | null;
            /**
             * Phase Title
             * @description For people: the phase, or 未开始, 间歇, 已结束.
             */
            phase_title: string;
            /**
             * Study Open
             * @description Whether seconds studied now count.
             */
            study_open: boolean;
            /**
             * Study Opens At
             * @description When seconds begin to count (again); null while they do.
             */
            study_opens_at: string | null;
            /**
             * Study Closes At
             * @description The first instant that is too late; null once it passed.
             */
            study_closes_at: string | null;
            /** Status */
            status: string;
            /** Score */
            score: number;
            /** Pass Mark */
            pass_mark: number;
            /** Passed */
            passed: boolean;
            /**
             * Hours Credited
             * @description All credit hours earned.
             */
            hours_credited: number;
            /**
             * Hours Counted
             * @description Those that count: in each module at most what it requires.
             */
            hours_counted: number;
            /** Hours Required */
            hours_required: number;
            /**
             * Summary
             * @description What is still missing, in one Chinese line.
             */
            summary: string;
            /** @description The lesson last opened of those not wholly credited, else the next of the courses chosen; null: none is left. */
            continue_with: components["schemas"]["ContinueReply"] | null;
            /**
             * Version
             * @description The programme's version.
             */
            version: number;
            /**
             * As Of
             * Format: date-time
             */
            as_of: string;
            /**
             * Total
             * @description The full mark that the notice announces.
             */
            total: number;
            /**
             * Best
             * @description The most that can still be reached.
             */
            best: number;
            /**
             * Can Pass
             * @description Whether that passes.
             */
            can_pass: boolean;
            /**
             * Why
             * @description Why it passes or does not, in Chinese.
             */
            why: string;
            /**
             * Credits
             * @description 学分; null where the programme has none, or the teacher is exempt.
             */
            credits: number | null;
            /**
             * Exempt
             * @description The certificate that exempts (免修); empty: none.
             */
            exempt: string;
            /** Modules */
            modules: components["schemas"]["ModuleReply"][];
            /** Parts */
            parts: components["schemas"]["PartReply"][];
            /**
             * Dimensions
             * @description Sides that must each be passed.
             */
            dimensions: components["schemas"]["DimensionReply"][];
            /** Papers */
            papers: components["schemas"]["PaperReply"][];
            /**
             * Missing
             * @description What is still missing, in Chinese sentences.
             */
            missing: string[];
            /**
             * Note
             * @description What the score leaves out, in Chinese; may be empty.
             */
            note: string;
        };
        /** DimensionReply */
        DimensionReply: {
            /** Key */
            key: string;
            /** Title */
            title: string;
            /** Clause */
            clause: string;
            /** Points */
            points: number;
            /** Mark */
            mark: number;
            /** Passed */
            passed: boolean;
        };
        /** ModuleReply */
        ModuleReply: {
            /** Key */
            key: string;
            /** Title */
            title: string;
            /**
             * Clause
             * @description Where the notice says so.
             */
            clause: string;
            /**
             * Assumed
             * @description What is taken for granted where the notice is silent; may be empty.
             */
            assumed: string;
            /** Hours Required */
            hours_required: number;
            /** Hours Credited */
            hours_credited: number;
            /** Hours Counted */
            hours_counted: number;
            /**
             * Hours Missing
             * @description Rounded up to tenths: 0 only when nothing is missing.
             */
            hours_missing: number;
            /**
             * Points
             * @description Of the parts that belong to this module.
             */
            points: number;
            /** Points Max */
            points_max: number;
        };
        /** PaperReply */
        PaperReply: {
            /** Key */
            key: string;
            /** Title */
            title: string;
            /** Clause */
            clause: string;
            /** Due */
            due: boolean;
            /**
             * Blocked
             * @description Why it may not be printed yet, in Chinese.
             */
            blocked: string[];
        };
        /** PartReply */
        PartReply: {
            /** Key */
            key: string;
            /**
             * Kind
             * @description courses, submitted, graded, certified, assessed, marked, attended or rated
             */
            kind: string;
            /** Title */
            title: string;
            /** Clause */
            clause: string;
            /** Assumed */
            assumed: string;
            /** Module */
            module: string | null;
            /** Dimension */
            dimension: string | null;
            /** Points */
            points: number;
            /** Points Max */
            points_max: number;
            /**
             * Best
             * @description What it can still come to.
             */
            best: number;
            /**
             * Says
             * @description The reckoning, in Chinese.
             */
            says: string;
            /**
             * Missing
             * @description What it still lacks, in Chinese; may be empty.
             */
            missing: string;
            /**
             * Ignored
             * @description What does not count, and why, in Chinese.
             */
            ignored: string[];
        };
        /** CourseList */
        CourseList: components["schemas"]["CourseReply"][];
        /** CourseReply */
        CourseReply: {
            /** Course Id */
            course_id: number;
            /** Code */
            code: string;
            /** Title */
            title: string;
            /** Module */
            module: string;
            /**
             * Stage
             * @description 学段; empty: for all.
             */
            stage: string;
            /**
             * Subject
             * @description 学科; empty: for all.
             */
            subject: string;
            /**
             * Hours
             * @description Credit hours of all its lessons, rounded down to tenths.
             */
            hours: number;
            /** Chosen */
            chosen: boolean;
            /** Lessons */
            lessons: components["schemas"]["LessonReply"][];
        };
        /** LessonReply */
        LessonReply: {
            /** Lesson Id */
            lesson_id: number;
            /** Code */
            code: string;
            /** Title */
            title: string;
            /** Duration */
            duration: number;
            /** Credited */
            credited: number;
            /** Media Url */
            media_url: string;
        };
        /** OpenReply */
        OpenReply: {
            /** Session Id */
            session_id: string;
            /** Study Token */
            study_token: string;
            /** Duration */
            duration: number;
            /** Resume At */
            resume_at: number;
            /** Credited */
            credited: number;
            /** Coverage */
            coverage: [
                number,
                number
            ][];
            /** Beat Every Ms */
            beat_every_ms: number;
            rules: components["schemas"]["RulesReply"];
            /** Media Url */
            media_url: string;
            today: components["schemas"]["TodayReply"];
        };
        /** RulesReply */
        RulesReply: {
            /** Max Rate */
            max_rate: number;
            /** Max Silence */
            max_silence: number;
            /** May Skip Ahead */
            may_skip_ahead: boolean;
            /** Day Cap */
            day_cap: number | null;
            /** Second Device */
            second_device: string;
            /** Presence Kind */
            presence_kind: string;
            /** Answer Within */
            answer_within: number;
        };
        /** TodayReply */
        TodayReply: {
            /**
             * Credited
             * @description Seconds credited to the enrolment on this local day, all lessons together.
             */
            credited: number;
            /**
             * Cap
             * @description The most that count on one day; null: any number.
             */
            cap: number | null;
        };
        /** OpenBody */
        OpenBody: {
            /** Enrolment Id */
            enrolment_id: number;
            /** Lesson Id */
            lesson_id: number;
            /** Device */
            device: string;
            /**
             * Take Over
             * @default false
             */
            take_over: boolean;
        };
        /** CoverageReply */
        CoverageReply: {
            /**
             * Credited
             * @description Seconds of the lesson, all sessions together: the length of `coverage`.
             */
            credited: number;
            /**
             * Coverage
             * @description Half-open intervals of media seconds that are credited, in order.
             */
            coverage: [
                number,
                number
            ][];
            /**
             * Pending
             * @description Those that this session played and a presence check has yet to confirm; none of them is in `coverage`.
             */
            pending: [
                number,
                number
            ][];
        };
        /**
         * EvidenceList
         * @description Sessions, newest first.
         */
        EvidenceList: components["schemas"]["SessionEvidence"][];
        /** PresenceTally */
        PresenceTally: {
            /** Asked */
            asked: number;
            /** Answered */
            answered: number;
            /** Missed */
            missed: number;
        };
        /** SessionEvidence */
        SessionEvidence: {
            /** Session Id */
            session_id: string;
            /** Course */
            course: string;
            /** Lesson Id */
            lesson_id: number;
            /** Lesson */
            lesson: string;
            /** Device */
            device: string;
            /**
             * Opened At
             * Format: date-time
             */
            opened_at: string;
            /** Last Beat At */
            last_beat_at: string | null;
            /** Ended At */
            ended_at: string | null;
            /**
             * End Reason
             * @description ended, lapsed (silence) or displaced (another player took over)
             */
            end_reason: string | null;
            /** Reported */
            reported: number;
            /** Credited */
            credited: number;
            /** Pending */
            pending: number;
            /**
             * Withheld
             * @description Seconds by reason
             */
            withheld: {
                [key: string]: number;
            };
            /**
             * Why
             * @description A Chinese sentence for each reason in `withheld`
             */
            why: {
                [key: string]: string;
            };
            presence: components["schemas"]["PresenceTally"];
        };
        /** PaperList */
        PaperList: components["schemas"]["PaperEntry"][];
        /** IssuedReply */
        IssuedReply: {
            /** Paper Id */
            paper_id: number;
            /** Kind */
            kind: string;
            /** Title */
            title: string;
            /**
             * Programme
             * @description The programme's title, as printed.
             */
            programme: string;
            /** Programme Id */
            programme_id: string;
            /**
             * Number
             * @description 编号, as printed.
             */
            number: string;
            /**
             * Issued At
             * Format: date-time
             */
            issued_at: string;
            /**
             * Pdf Url
             * @description GET it with the same access token.
             */
            pdf_url: string;
            /**
             * Verify Url
             * @description What the QR code says: a public page.
             */
            verify_url: string;
        };
        /** PaperEntry */
        PaperEntry: {
            /** Kind */
            kind: string;
            /** Title */
            title: string;
            /**
             * Clause
             * @description Where the notice says so.
             */
            clause: string;
            /** Programme */
            programme: string;
            /** Programme Id */
            programme_id: string;
            /**
             * Enrolment Id
             * @description Null: a workshop leader's paper.
             */
            enrolment_id: number | null;
            /**
             * State
             * @description issued, due (issue_url issues it), blocked or revoked
             */
            state: string;
            /**
             * Blocked
             * @description Why there is none to print, in Chinese; empty when issued or due.
             */
            blocked: string[];
            /**
             * Issue Url
             * @description POST here; null unless due.
             */
            issue_url: string | null;
            /** @description Null unless issued. */
            issued: components["schemas"]["IssuedReply"] | null;
        };
        /** HandInPartList */
        HandInPartList: components["schemas"]["HandInPartReply"][];
        /** HandInPartReply */
        HandInPartReply: {
            /** Key */
            key: string;
            /**
             * Kind
             * @description submitted, graded or certified
             */
            kind: string;
            /** Title */
            title: string;
            /** Clause */
            clause: string;
            /** Assumed */
            assumed: string;
            /** Module */
            module: string | null;
            /** Points Max */
            points_max: number;
            /**
             * Points Each
             * @description For each item, where each earns its own.
             */
            points_each: number | null;
            /**
             * Grades
             * @description What each grade earns, the best first.
             */
            grades: {
                [key: string]: number;
            };
            /**
             * Needed
             * @description Items that all the points take.
             */
            needed: number;
            /**
             * Most
             * @description Items that may be handed in.
             */
            most: number;
            /** Min Words */
            min_words: number | null;
            /**
             * About Words
             * @description The length that the notice suggests.
             */
            about_words: number | null;
            /**
             * Template
             * @description Headings of the form in which it is written.
             */
            template: string[];
            /**
             * Original
             * @description Copies are shown to whoever grades it.
             */
            original: boolean;
            /**
             * Opens At
             * Format: date-time
             * @description Of the span that holds or comes next.
             */
            opens_at: string;
            /**
             * Closes At
             * Format: date-time
             * @description The first instant that is too late.
             */
            closes_at: string;
            /**
             * State
             * @description What the teacher can expect; open and returned ask for something.
             * @enum {string}
             */
            state: "open" | "waiting" | "graded" | "returned" | "done" | "closed";
            /**
             * Comment
             * @description Of the item judged or sent back last.
             */
            comment: string;
            /** Items */
            items: components["schemas"]["ItemReply"][];
        };
        /** ItemReply */
        ItemReply: {
            /** Item */
            item: string;
            /** Title */
            title: string;
            /**
             * Dimension
             * @description 维度, of a micro-ability.
             */
            dimension: string;
            /** Words */
            words: number | null;
            /**
             * Handed In At
             * Format: date-time
             */
            handed_in_at: string;
            /**
             * State
             * @description returned: to be handed in again. done: nobody needs to judge it.
             * @enum {string}
             */
            state: "waiting" | "graded" | "returned" | "done";
            /** Grade */
            grade: string | null;
            /**
             * Passed
             * @description Of what is certified or judged as passed or not; null: not yet.
             */
            passed: boolean | null;
            /**
             * Comment
             * @description Of whoever judged it or sent it back.
             */
            comment: string;
            /** Graded At */
            graded_at: string | null;
            /**
             * Recommended
             * @description 推优
             */
            recommended: boolean;
        };
        /** HandInBody */
        HandInBody: {
            /**
             * Text
             * @description Plain text with line breaks and tabs.
             */
            text: string;
            /**
             * Title
             * @default
             */
            title: string;
            /**
             * Dimension
             * @description 维度, of a micro-ability; may be left out where the catalogue knows it.
             * @default
             */
            dimension: string;
        };
        /** ItemWithText */
        ItemWithText: {
            /** Item */
            item: string;
            /** Title */
            title: string;
            /**
             * Dimension
             * @description 维度, of a micro-ability.
             */
            dimension: string;
            /** Words */
            words: number | null;
            /**
             * Handed In At
             * Format: date-time
             */
            handed_in_at: string;
            /**
             * State
             * @description returned: to be handed in again. done: nobody needs to judge it.
             * @enum {string}
             */
            state: "waiting" | "graded" | "returned" | "done";
            /** Grade */
            grade: string | null;
            /**
             * Passed
             * @description Of what is certified or judged as passed or not; null: not yet.
             */
            passed: boolean | null;
            /**
             * Comment
             * @description Of whoever judged it or sent it back.
             */
            comment: string;
            /** Graded At */
            graded_at: string | null;
            /**
             * Recommended
             * @description 推优
             */
            recommended: boolean;
            /**
             * Text
             * @description Plain text; empty where staff entered the item.
             */
            text: string;
        };
        /**
         * Problem
         * @description RFC 9457 problem details; `code` is stable, `detail` a Chinese sentence for a person.
         */
        Problem: {
            /**
             * Type
             * @description about:blank: `code` says more
             */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /** Code */
            code: string;
            /** Detail */
            detail: string;
            /**
             * Errors
             * @description With status 422: the fields that are wrong.
             * @default null
             */
            errors: components["schemas"]["FieldError"][] | null;
        } & {
            [key: string]: unknown;
        };
        /** FieldError */
        FieldError: {
            /** Field */
            field: string;
            /** Reason */
            reason: string;
        };
        /**
         * PngFile
         * Format: binary
         */
        PngFile: string;
        /**
         * Beat
         * @description What the player really played since its last acknowledged beat.
         */
        Beat: {
            seq: number;
            acked: number;
            /** Format: date-time */
            at: string;
            played: [
                number,
                number
            ][];
            /** @default [] */
            hidden: [
                number,
                number
            ][];
            /** @default null */
            rate: number | null;
        };
        /** BeatReply */
        BeatReply: {
            seq: number;
            /** @enum {string} */
            state: "playing" | "challenged" | "idle" | "displaced" | "closed" | "ended";
            credited: number;
            /**
             * Tally
             * @description Seconds of this session. reported = credited + pending + Σ withheld, always.
             */
            session: {
                reported: number;
                credited: number;
                pending: number;
                withheld: {
                    [key: string]: number;
                };
            };
            next_ms: number;
            durable: number;
            /** @default null */
            challenge: {
                id: string;
                kind: string;
                answer_within_ms: number;
                /** @default null */
                picture: string | null;
            } | null;
            /** @default null */
            resend_from: number | null;
            /** @default null */
            resume_at: number | null;
            /** @default null */
            message: string | null;
        };
        /** Presence */
        Presence: {
            challenge_id: string;
            /** @default null */
            answer: string | null;
        };
        /**
         * PdfFile
         * Format: binary
         */
        PdfFile: string;
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    sign_in_with_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokensReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Locked for Retry-After seconds */
            423: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too often; wait Retry-After seconds */
            429: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_with_wechat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WechatBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokensReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too often; wait Retry-After seconds */
            429: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An outside service failed */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unbind_wechat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    bind_wechat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BindBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokensReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Locked for Retry-After seconds */
            423: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too often; wait Retry-After seconds */
            429: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_from_portal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PortalBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokensReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too often; wait Retry-After seconds */
            429: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refresh_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefreshBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokensReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    log_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefreshBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_mini_program_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The code, a square picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": components["schemas"]["PngFile"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too often; wait Retry-After seconds */
            429: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An outside service failed */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProfileReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangePasswordBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Locked for Retry-After seconds */
            423: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    confirm_profile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agree_to_privacy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PrivacyBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    report_correction: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CorrectionBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_devices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceList"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_other_devices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As the list says. */
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_notices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticeList"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_notice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                notice_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_enrolments: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolmentList"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_score_card: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScoreCardReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_courses: {
        parameters: {
            query?: {
                /** @description Only the courses of this module (its key). */
                module?: string | null;
                /** @description Only the courses chosen, or only those not chosen. */
                chosen?: boolean | null;
            };
            header?: never;
            path: {
                enrolment_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CourseList"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    choose_course: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
                course_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drop_course: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
                course_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    open_study_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    beat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Beat"];
            };
        };
        responses: {
            /** @description Beat reply */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BeatReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No longer there */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    answer_presence_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Presence"];
            };
        };
        responses: {
            /** @description Beat reply */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BeatReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No longer there */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_study_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Beat"];
            };
        };
        responses: {
            /** @description Beat reply */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BeatReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No longer there */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_coverage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CoverageReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No longer there */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_study_evidence: {
        parameters: {
            query?: {
                /** @description Only the sessions of this lesson. */
                lesson_id?: number | null;
            };
            header?: never;
            path: {
                enrolment_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvidenceList"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_papers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaperList"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    issue_paper: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
                /** @description The paper's key in the programme. */
                kind: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    issue_leaders_paper: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The programme's key. */
                programme_id: string;
                /** @description The paper's key in the programme. */
                kind: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    print_paper: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                paper_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The paper, one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": components["schemas"]["PdfFile"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No longer there */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_parts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HandInPartList"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_item: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
                /** @description The part's key. */
                part: string;
                /** @description 1, 2, … up to `most` of the part; of a micro-ability its code or name. Small letters are taken for capitals. */
                item: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemWithText"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hand_in: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
                /** @description The part's key. */
                part: string;
                /** @description 1, 2, … up to `most` of the part; of a micro-ability its code or name. Small letters are taken for capitals. */
                item: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HandInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemReply"];
                };
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not said to be application/json */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is wrong; `errors` names the fields */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_back: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enrolment_id: number;
                /** @description The part's key. */
                part: string;
                /** @description 1, 2, … up to `most` of the part; of a micro-ability its code or name. Small letters are taken for capitals. */
                item: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or what was shown is wrong or has expired */
            401: {
                headers: {
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Absent, or another's */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description In conflict with the present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Try again after Retry-After seconds; nothing was changed */
            503: {
                headers: {
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
