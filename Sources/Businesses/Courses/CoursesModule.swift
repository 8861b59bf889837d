import Basics
import Checkout
import Scheduling
import Store
import Web

/// The course store: the table of contents.
///
/// It has no jobs: access ends by itself when its time is over. `CourseSeller` is handed to Checkout
/// by whoever puts Kontor together.
package struct CoursesModule: Module {
    package let name = CourseSeller.name
    let database: Database
    let checkout: Checkout

    package init(database: Database, checkout: Checkout) {
        self.database = database
        self.checkout = checkout
    }

    package var migrations: [Migration] { coursesMigrations }
    package var templates: EmbeddedFiles { EmbeddedFiles(Embedded.files) }

    package func api(_ api: API) {
        catalogueRoutes(api)
        cartRoutes(api)
        learningRoutes(api)
        operatorCourseRoutes(api)
        operatorOutlineRoutes(api)
        operatorCategoryRoutes(api)
    }

    package func pages(_ site: Site) {
        site.navigation("courses.nav.courses", "/courses")
        site.navigation("courses.nav.cart", "/cart")
        site.navigation("courses.nav.learning", "/learning", for: .member)
        site.navigation("courses.nav.operator", "/operator/courses", for: .staff)
        shopPages(site)
        cartPages(site)
        learningPages(site)
        operatorCoursePages(site)
        operatorOutlinePages(site)
    }

    package func audit(_ snapshot: Snapshot) throws -> [String] {
        try AuditAccess().run(in: snapshot)
    }
}
