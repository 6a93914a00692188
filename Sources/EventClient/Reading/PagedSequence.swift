/// The elements of a list, read page by page as they are asked for. A page is held at a time; each iteration begins anew.
public struct PagedSequence<Element: Sendable>: AsyncSequence, Sendable {
    /// What iteration may throw.
    public typealias Failure = EventClientError

    let fetch: @Sendable (_ cursor: String?) async throws(EventClientError) -> Page<Element>

    /// Begins at the first page.
    public func makeAsyncIterator() -> Iterator { Iterator(fetch: fetch) }

    /// A place in the list.
    public struct Iterator: AsyncIteratorProtocol {
        /// What iteration may throw.
        public typealias Failure = EventClientError

        let fetch: @Sendable (_ cursor: String?) async throws(EventClientError) -> Page<Element>
        private var page: ArraySlice<Element> = []
        private var cursor: String?
        private var isLast = false

        init(fetch: @escaping @Sendable (_ cursor: String?) async throws(EventClientError) -> Page<Element>) {
            self.fetch = fetch
        }

        /// The next element; nil behind the last one. A page that could not be read is asked for again by the next call.
        public mutating func next() async throws(EventClientError) -> Element? {
            try await next(isolation: nil)
        }

        /// The next element; nil behind the last one. A page that could not be read is asked for again by the next call.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(EventClientError) -> Element? {
            // A page may be empty though others follow.
            while page.isEmpty {
                if isLast { return nil }
                let next = try await fetch(cursor)
                page = next.elements[...]
                cursor = next.nextCursor
                isLast = cursor == nil
            }
            return page.removeFirst()
        }
    }
}
