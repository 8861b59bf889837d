extension CoursesDemo {
    static let life = DemoShelf(name: "生活与理财", courses: [cooking, bookkeeping])

    private static let bookkeeping = DemoCourse(
        title: "复式记账入门 · Double Entry for Everyone",
        subtitle: "每一笔钱，都有来处和去处",
        summary: """
            五百年来会计只有一条规则：有借必有贷，借贷必相等。学会它，家庭账本、小店账本、甚至本站的账本，你都看得懂。
            """,
        hours: 5, isRecommended: true,
        prices: [(30, 0), (365, 4_900)],
        chapters: [
            DemoChapter(
                "第一章 一条规则",
                [
                    .trial(
                        "钱不会凭空出现",
                        """
                        单式记账只记“花了多少”。复式记账问两个问题：钱从哪里来？到哪里去？工资从公司来，到银行卡去；买菜的钱从银行卡来，到“餐饮”去。

                        每一笔都记两次，一次在来处，一次在去处，所以全部账户加起来永远是零。哪一天不是零，一定是记错了。这就是复式记账最大的好处：它会自己查错。
                        """),
                    .text(
                        "余额是算出来的",
                        """
                        账户的余额不是一个可以随手修改的数字，而是全部记录加起来的结果。要改余额，只能再记一笔。

                        所以记错了也不涂改，而是记一笔相反的，把错误冲掉。十年之后，你仍然看得清当时发生了什么。
                        """),
                    .exercise("练习：一周的账", "用五个账户（银行卡、现金、工资、餐饮、交通）记一周的账。周日把五个余额相加，应当是零。"),
                ])
        ])

    private static let cooking = DemoCourse(
        title: "家常菜的火候 · Heat and Timing",
        subtitle: "十道菜，学会控制一口锅",
        summary: "菜谱写不出来的部分：油温怎么看，什么时候翻，什么时候别动。十道家常菜，每道只练一个动作。",
        hours: 6,
        prices: [(30, 1_900), (90, 3_900), (365, 7_900)],
        chapters: [
            DemoChapter(
                "第一章 油温",
                [
                    .trial(
                        "筷子会告诉你",
                        """
                        把一根干的竹筷插进油里。周围冒出细小的气泡，是三四成热，适合滑肉片；气泡变大、连成一串，是五六成热，可以下锅炸。

                        冒烟就太热了。先关火，等半分钟，再下菜。
                        """),
                    .exercise("练习：番茄炒蛋", "炒三次，只改变倒蛋液时的油温。记下每一次蛋的样子，第四次用你最喜欢的一种。"),
                ])
        ])
}
