import Store

/// The schema of Courses, append-only: a migration that has run anywhere is never changed.
let coursesMigrations: [Migration] = [
    Migration("courses-1", catalogue + outline + cart + enrollments)
]

private let catalogue: [DDL] = [
    .table(
        "course_category",
        """
        id BIGINT PRIMARY KEY NOT NULL,
        parent_id BIGINT REFERENCES course_category (id),
        name TEXT NOT NULL
        """),
    .table(
        "course",
        """
        id BIGINT PRIMARY KEY NOT NULL,
        category_id BIGINT REFERENCES course_category (id),
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        title TEXT NOT NULL,
        title_folded TEXT NOT NULL,
        subtitle TEXT NOT NULL,
        summary TEXT NOT NULL,
        level TEXT NOT NULL,
        hours BIGINT NOT NULL CHECK (hours >= 0),
        cover_url TEXT,
        is_recommended BOOLEAN NOT NULL,
        created_at BIGINT NOT NULL
        """),
    .sql("CREATE INDEX course_by_status ON course (status, id)"),
    .sql("CREATE INDEX course_by_category ON course (category_id, status, id)"),
    .table(
        "price_policy",
        """
        id BIGINT PRIMARY KEY NOT NULL,
        course_id BIGINT NOT NULL REFERENCES course (id),
        days BIGINT NOT NULL CHECK (days > 0),
        price BIGINT NOT NULL CHECK (price >= 0),
        is_active BOOLEAN NOT NULL,
        UNIQUE (course_id, days)
        """),
]

private let outline: [DDL] = [
    .table(
        "chapter",
        """
        id BIGINT PRIMARY KEY NOT NULL,
        course_id BIGINT NOT NULL REFERENCES course (id),
        position BIGINT NOT NULL,
        title TEXT NOT NULL
        """),
    .sql("CREATE INDEX chapter_by_course ON chapter (course_id, position, id)"),
    .table(
        "section",
        """
        id BIGINT PRIMARY KEY NOT NULL,
        chapter_id BIGINT NOT NULL REFERENCES chapter (id),
        position BIGINT NOT NULL,
        title TEXT NOT NULL,
        is_free BOOLEAN NOT NULL,
        kind TEXT NOT NULL,
        material TEXT NOT NULL
        """),
    .sql("CREATE INDEX section_by_chapter ON section (chapter_id, position, id)"),
]

/// `ordered_cart_item` keeps what an unpaid order took from the cart, to give it back.
private let cart: [DDL] = [
    .table(
        "cart_item",
        """
        member_id BIGINT NOT NULL,
        course_id BIGINT NOT NULL REFERENCES course (id),
        policy_id BIGINT NOT NULL REFERENCES price_policy (id),
        price BIGINT NOT NULL,
        added_at BIGINT NOT NULL,
        PRIMARY KEY (member_id, course_id)
        """),
    .table(
        "ordered_cart_item",
        """
        order_id BIGINT NOT NULL,
        member_id BIGINT NOT NULL,
        course_id BIGINT NOT NULL REFERENCES course (id),
        policy_id BIGINT NOT NULL REFERENCES price_policy (id),
        price BIGINT NOT NULL,
        added_at BIGINT NOT NULL,
        PRIMARY KEY (order_id, course_id)
        """),
]

/// `access_until` repeats what the grants say, for reading; the audit replays them.
private let enrollments: [DDL] = [
    .table(
        "enrollment",
        """
        id BIGINT PRIMARY KEY NOT NULL,
        member_id BIGINT NOT NULL,
        course_id BIGINT NOT NULL REFERENCES course (id),
        started_at BIGINT NOT NULL,
        access_until BIGINT,
        UNIQUE (member_id, course_id)
        """),
    .sql("CREATE INDEX enrollment_by_member ON enrollment (member_id, id)"),
    .table(
        "access_grant",
        """
        order_line_id BIGINT PRIMARY KEY NOT NULL,
        enrollment_id BIGINT NOT NULL REFERENCES enrollment (id),
        days BIGINT NOT NULL CHECK (days > 0),
        granted_at BIGINT NOT NULL,
        revoked_at BIGINT
        """),
    .sql(
        """
        CREATE INDEX access_grant_by_enrollment ON access_grant (enrollment_id, granted_at)
        """),
]
