import Basics
import Store
import Web

struct CartItemBody: Decodable, Sendable {
    var policyId: ID<PricePolicy>
}

extension CoursesModule {
    func catalogueRoutes(_ api: API) {
        let database = database
        api.get(
            "/categories", summary: "All categories of courses", auth: .public,
            returns: ListView<CategoryView>.self
        ) { _ in
            ListView(items: try await database.read { try $0.categories().map(CategoryView.init) })
        }
        api.get(
            "/courses", summary: "Courses on sale, newest first", auth: .public,
            query: [
                QueryParameter(
                    "categoryId", ID<Category>.self, "Only this category and those inside it."),
                QueryParameter("q", String.self, "Part of the title, in any letter case."),
            ],
            returns: ListView<CourseCardView>.self
        ) { request in
            let browse = BrowseCourses(
                filter: CourseFilter(
                    status: .onSale,
                    category: try request.query("categoryId", as: ID<Category>.self),
                    title: request.query("q")),
                page: try request.page())
            return ListView(try await browse.run(on: database)) { CourseCardView($0) }
        }
        api.get(
            "/courses/{id}", summary: "A course with its prices and outline", auth: .optional,
            returns: CourseView.self, problems: [404]
        ) { request in
            let show = ShowCourse(
                course: try request.id(ID<Course>.self),
                visitor: request.context.session?.memberID)
            return CourseView(try await database.read { try show.run(in: $0) })
        }
        api.get(
            "/courses/{id}/sections/{sectionId}",
            summary: "What a section teaches: free trials for all, the rest for who has access",
            auth: .optional, returns: SectionView.self, problems: [404, .refusal(.noAccess)]
        ) { request in
            let read = ReadSection(
                course: try request.id(ID<Course>.self),
                section: try request.id(ID<Section>.self, "sectionId"),
                visitor: request.context.session?.memberID)
            return SectionView(try await database.read { try read.run(in: $0).section })
        }
    }

    func cartRoutes(_ api: API) {
        let database = database
        api.get(
            "/cart", summary: "The member's cart at today's prices", auth: .member,
            returns: CartView.self
        ) { request in
            let view = ViewCart(member: try request.memberID)
            return try CartView(try await database.read { try view.run(in: $0) })
        }
        api.put(
            "/cart/items/{courseId}", summary: "Puts a course in, or changes its period",
            auth: .member, body: CartItemBody.self, returns: CartView.self,
            problems: [
                404, .refusal(.cartFull), .refusal(.courseNotForSale), .refusal(.policyNotFound),
            ]
        ) { request, body in
            let put = PutInCart(
                member: try request.memberID,
                course: try request.id(ID<Course>.self, "courseId"), policy: body.policyId)
            return try await database.write { tx in
                try put.run(in: tx)
                return try CartView(try ViewCart(member: put.member).run(in: tx))
            }
        }
        api.delete(
            "/cart/items/{courseId}", summary: "Takes a course out", auth: .member, problems: [404]
        ) { request in
            let remove = RemoveFromCart(
                member: try request.memberID,
                course: try request.id(ID<Course>.self, "courseId"))
            try await database.write { try remove.run(in: $0) }
        }
    }

    func learningRoutes(_ api: API) {
        let database = database
        api.get(
            "/me/enrollments", summary: "The member's courses, newest first", auth: .member,
            returns: ListView<EnrollmentView>.self
        ) { request in
            let list = ListEnrollments(member: try request.memberID, page: try request.page())
            return try await database.read { snapshot in
                ListView(try list.run(in: snapshot)) { EnrollmentView($0, at: snapshot.now) }
            }
        }
    }
}
