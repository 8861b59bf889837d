import Testing

@testable import kontor

@Suite struct ClockWatchTests {
    @Test(arguments: [(-2, true), (-1, false), (0, false), (1, false), (2, true)])
    func `a clock may be a second ahead or behind`(_ seconds: Int, _ isTooFar: Bool) {
        #expect(ClockWatch.isTooFar(.seconds(seconds)) == isTooFar)
    }
}
