import Store

/// Web's own part: the layout, the texts of its refusals, the table of idempotent commands.
package struct WebModule: Module {
    package let name = "web"
    package let migrations = WebMigrations.all
    package let templates = EmbeddedFiles(Embedded.files)

    package init() {}
}
