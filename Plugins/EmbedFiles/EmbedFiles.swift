import PackagePlugin

/// Puts every file below a target's `Templates` folder into the binary, so that Kontor is one file.
@main
struct EmbedFiles: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = target.directoryURL.appending(path: "Templates")
        let inputs = FileList(folder: folder).urls
        let output = context.pluginWorkDirectoryURL.appending(path: "Embedded.swift")
        return [
            .buildCommand(
                displayName: "Embedding the templates of \(target.name)",
                executable: try context.tool(named: "embed-files").url,
                arguments: [folder.path, output.path],
                inputFiles: inputs, outputFiles: [output])
        ]
    }
}
