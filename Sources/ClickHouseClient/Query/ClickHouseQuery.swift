public import ClickHouseProtocol
public import Transport

/// What to ask, and how.
///
///     let query: ClickHouseQuery = "SELECT page FROM visits WHERE seconds > \(least) AND page IN \(pages)"
///
/// Values in a literal become parameters, which go to the server beside the text; names of tables and columns are
/// `\(identifier: name)`, and `\(unescaped: text)` is a piece of the text as it is.
public struct ClickHouseQuery: Sendable, ExpressibleByStringLiteral {
    /// The text. Values belong into `parameters`: `WHERE id = {id:UUID}`.
    public var text: String
    /// The values of `{name:Type}` in the text; those of a literal are `p1`, `p2` and so on.
    public var parameters: [QueryParameter] = []
    /// The settings; they come behind the client's.
    public var settings: [Setting] = []
    /// Tables that exist for this query alone, by name.
    public var externalTables: [ExternalTable] = []
    /// The query's id; one is made where it is nil.
    public var id: String?
    /// By when the query must be done; the server is told to stop where it is not.
    public var deadline = Deadline.never
    /// How long the server may take for each packet of the result, whatever the reader takes between them; nil for as long
    /// as `deadline` says.
    public var packetTimeout: Duration?
    /// The trace that the query belongs to.
    public var trace: TraceParent?
    /// Called, on the connection's loop, with what each Progress packet adds.
    public var onProgress: (@Sendable (Progress) -> Void)?
    /// Called, on the connection's loop, with the query's counters.
    public var onProfileEvents: (@Sendable (Block) -> Void)?
    /// Called, on the connection's loop, with lines of the server's log, where the setting `send_logs_level` asks for it.
    public var onLog: (@Sendable (Block) -> Void)?

    /// Why the query cannot be asked: a value in its text is none.
    var fault: ClickHouseError?

    /// Makes a query of a literal, whose values become parameters.
    ///
    /// - Parameters:
    ///   - query: the text.
    ///   - parameters: the values of what the text names itself: `{id:UUID}`.
    ///   - settings: the settings; they come behind the client's.
    ///   - deadline: by when the query must be done.
    public init(
        _ query: ClickHouseQuery, parameters: [QueryParameter] = [], settings: [Setting] = [],
        deadline: Deadline = .never
    ) {
        self = query
        self.parameters += parameters
        self.settings += settings
        self.deadline = min(query.deadline, deadline)
    }

    /// Makes a query of a text that was put together elsewhere. What strangers wrote must not be in it.
    public init(
        unescaped text: String, parameters: [QueryParameter] = [], settings: [Setting] = [], deadline: Deadline = .never
    ) {
        self.text = text
        self.parameters = parameters
        self.settings = settings
        self.deadline = deadline
    }

    /// A query without parameters.
    public init(stringLiteral text: String) { self.init(unescaped: text) }

    /// A table that exists for one query alone.
    public struct ExternalTable: Sendable {
        /// Its name in the query's text.
        public var name: String
        /// Its rows.
        public var block: Block

        /// Makes a table.
        public init(_ name: String, _ block: Block) {
            self.name = name
            self.block = block
        }
    }
}

/// What a query came to.
public struct QuerySummary: Sendable, Hashable {
    /// The query's id.
    public var queryID = ""
    /// Rows and bytes read and written on the server.
    public var progress = Progress()
    /// What the result came to, where there was one.
    public var profile: ProfileInfo?
}
