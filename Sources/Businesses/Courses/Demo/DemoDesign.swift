extension CoursesDemo {
    static let design = DemoShelf(name: "设计与摄影", courses: [figures, photography, typography])

    private static let typography = DemoCourse(
        title: "中文排版入门 · Chinese Typography",
        subtitle: "让文字好读，是设计的第一步",
        summary: "行长、行距、标点、留白。学会八条规则，你的文档、海报和网页会立刻变得不一样。",
        hours: 6, isRecommended: true,
        prices: [(30, 5_900), (365, 12_900)],
        chapters: [
            DemoChapter(
                "第一章 好读",
                [
                    .trial(
                        "一行多少字",
                        """
                        眼睛读完一行，要折返找到下一行的开头。行太长，折返时容易串行；行太短，又要不停地折返。中文正文一行二十五到三十八个字最为舒服。

                        行距也随行长变化：行越长，行距要越大。屏幕上的正文，行距取字号的一点六到一点九倍是不错的起点。
                        """),
                    .text(
                        "标点的位置",
                        """
                        行首不放逗号和句号，行尾不放前引号和前括号，这叫“避头尾”。现代浏览器和排版软件会自动处理，但你要知道它在做什么。

                        中英文之间留一点空隙，约四分之一个字宽。不要用空格硬凑，交给排版引擎处理更整齐。
                        """),
                    .exercise("练习：改一张通知", "找一张小区或学校的通知，只用字号、字重、间距三种手段重排，不许加颜色和图形。"),
                ])
        ])

    private static let photography = DemoCourse(
        title: "手机摄影二十讲 · Phone Photography",
        subtitle: "光线、构图与一点耐心",
        summary: "好照片不取决于手机的价格。跟着二十个小题目拍满一个月，你会开始看见以前没有注意过的光。",
        hours: 8, isRecommended: true,
        prices: [(30, 3_900), (90, 6_900)],
        chapters: [
            DemoChapter(
                "第一章 看见光",
                [
                    .trial(
                        "同一只杯子，三种光",
                        """
                        把一只白色的杯子放在窗边，早晨、中午、傍晚各拍一张。不要移动杯子，也不要移动手机。

                        把三张照片放在一起看：早晨的影子长而软，中午的影子短而硬，傍晚的光是金色的。摄影就是选择在哪一种光里按下快门。
                        """),
                    .text(
                        "靠近一点",
                        """
                        画面杂乱，多半是因为离得太远。走近一步，让主体占满画面的三分之二，背景自然就安静了。

                        不要用数码变焦代替走路。变焦只是裁剪，走近才会改变透视。
                        """),
                    .exercise("练习：一条街", "在同一条街上走半小时，只拍影子。交五张照片，每张写一句话说明光从哪里来。"),
                ])
        ])

    private static let figures = DemoCourse(
        title: "数据图表设计 · Honest Charts",
        subtitle: "让图表说实话，也让人看得懂",
        summary: "什么数据用什么图，坐标轴从哪里开始，颜色怎样才不误导。十二个反例与改法。",
        level: .intermediate, hours: 7,
        prices: [(90, 8_900), (365, 15_900)],
        chapters: [
            DemoChapter(
                "第一章 别骗人，也别骗自己",
                [
                    .trial(
                        "从零开始的柱子",
                        """
                        柱状图用长度表示数量，所以纵轴必须从零开始。从 95 开始画，100 看上去就是 96 的五倍，而实际只多了百分之四。

                        折线图表示的是变化，可以不从零开始，但要把刻度写清楚。
                        """),
                    .exercise("练习：找茬", "从新闻里找一张有误导的图表，指出问题并重画。两张图并排，各写一句读者会得到的结论。"),
                ])
        ])
}
