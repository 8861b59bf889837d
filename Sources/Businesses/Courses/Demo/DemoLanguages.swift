extension CoursesDemo {
    static let languages = DemoShelf(name: "语言学习", courses: [classical, japanese, english])

    private static let english = DemoCourse(
        title: "职场英语写作 · English at Work",
        subtitle: "写出让人愿意回复的邮件",
        summary: "请求、拒绝、催促、道歉：四类最难写的邮件，二十个可以直接使用的句式，以及它们背后的分寸。",
        level: .intermediate, hours: 9, isRecommended: true,
        prices: [(30, 6_900), (90, 12_900), (365, 25_900)],
        chapters: [
            DemoChapter(
                "第一章 开头与结尾",
                [
                    .trial(
                        "先说你要什么",
                        """
                        中文习惯先铺垫再提要求，英文邮件恰好相反：第一句说目的，第二句说期限，后面才是背景。

                        Could you send me the signed contract by Friday? 这一句礼貌、明确、有期限。读信的人在三秒之内就知道要做什么。
                        """),
                    .text(
                        "礼貌是动词的事",
                        """
                        Could you 比 Can you 客气，would you mind 再客气一些。但过分客气会让要求变得含糊，对方不知道这是请求还是闲聊。

                        同级之间用 Could you；对方没有义务帮忙时，用 Would you be able to；催促时，说明原因比加重语气有效。
                        """),
                    .exercise("练习：催一份报告", "同事答应周三给你的报告周四还没有到。写一封不超过六十个词的邮件，要有新的期限，不许出现 ASAP。"),
                ])
        ])

    private static let japanese = DemoCourse(
        title: "日语五十音与发音 · Japanese Sounds",
        subtitle: "两周读准每一个假名",
        summary: "按口型而不是按表格学。每天二十分钟，跟读、听写、默写，两周之后能读出任何一行日文。",
        hours: 6,
        prices: [(30, 2_900), (90, 4_900)],
        chapters: [
            DemoChapter(
                "第一章 五个元音",
                [
                    .trial(
                        "あいうえお",
                        """
                        日语只有五个元音，先把它们读准，后面的四十多个音只是在前面加上辅音。

                        “う”最容易读错：嘴唇不要像中文的“乌”那样撮圆，放松、略微展开，声音就对了。
                        """),
                    .text(
                        "清音与浊音",
                        """
                        か 加上两点变成 が，声带从一开始就振动。把手放在喉咙上，读“か、が、か、が”，能感觉到差别。

                        词的中间，が 在一些地区读得带鼻音。听得懂就好，不必刻意模仿。
                        """),
                ])
        ])

    private static let classical = DemoCourse(
        title: "文言文轻松读 · Reading Classical Chinese",
        subtitle: "从二十篇短文读懂古人的幽默",
        summary: "不讲语法术语，从《世说新语》《聊斋志异》里挑出有趣的短文，读故事，顺便学会文言文。",
        hours: 12,
        prices: [(90, 5_900), (365, 9_900)],
        chapters: [
            DemoChapter(
                "第一章 世说新语",
                [
                    .trial(
                        "雪夜访戴",
                        """
                        王子猷居山阴，夜大雪，眠觉，开室，命酌酒，四望皎然。忽忆戴安道，时戴在剡，即便夜乘小船就之。经宿方至，造门不前而返。

                        人问其故，王曰：“吾本乘兴而行，兴尽而返，何必见戴？”

                        “造门”是到了门口，“不前”是没有进去。坐了一夜的船，到门口转身回家，这就是他的兴致。
                        """),
                    .exercise("练习：试译", "把上面的故事译成现代汉语，不超过一百五十字，不用“于是”。"),
                ])
        ])
}
