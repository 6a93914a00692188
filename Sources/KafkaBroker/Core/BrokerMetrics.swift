/// What the broker counts.
///
/// Belongs to the broker's loop.
final class BrokerMetrics {
    var requests = 0
    var appendedBatches = 0
    var duplicateBatches = 0
    var appendedBytes = 0
    var fetchedBytes = 0
    var storageErrors = 0
    var refusedFrames = 0
}
