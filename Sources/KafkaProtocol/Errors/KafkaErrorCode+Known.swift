// The known error codes of `org.apache.kafka.common.protocol.Errors`, as of 4.3.

extension KafkaErrorCode {
    /// UNKNOWN_SERVER_ERROR: the broker met with an error that it has no number for.
    public static let unknownServerError = KafkaErrorCode(rawValue: -1)

    /// NONE: no error.
    public static let none = KafkaErrorCode(rawValue: 0)

    /// OFFSET_OUT_OF_RANGE: the partition has no such offset, or none any more.
    public static let offsetOutOfRange = KafkaErrorCode(rawValue: 1)

    /// CORRUPT_MESSAGE: the records are damaged, too large, or lack a key that a compacted topic needs.
    public static let corruptMessage = KafkaErrorCode(rawValue: 2)

    /// UNKNOWN_TOPIC_OR_PARTITION: the broker has no such topic or partition.
    public static let unknownTopicOrPartition = KafkaErrorCode(rawValue: 3)

    /// INVALID_FETCH_SIZE: the number of bytes asked for is not valid.
    public static let invalidFetchSize = KafkaErrorCode(rawValue: 4)

    /// LEADER_NOT_AVAILABLE: the partition has no leader at the moment.
    public static let leaderNotAvailable = KafkaErrorCode(rawValue: 5)

    /// NOT_LEADER_OR_FOLLOWER: the broker does not lead the partition, or has no replica of it.
    public static let notLeaderOrFollower = KafkaErrorCode(rawValue: 6)

    /// REQUEST_TIMED_OUT: the broker did not get it done within the time given.
    public static let requestTimedOut = KafkaErrorCode(rawValue: 7)

    /// BROKER_NOT_AVAILABLE: the broker is not there.
    public static let brokerNotAvailable = KafkaErrorCode(rawValue: 8)

    /// REPLICA_NOT_AVAILABLE: the replica is not there.
    public static let replicaNotAvailable = KafkaErrorCode(rawValue: 9)

    /// MESSAGE_TOO_LARGE: the records are larger than the topic allows.
    public static let messageTooLarge = KafkaErrorCode(rawValue: 10)

    /// STALE_CONTROLLER_EPOCH: the controller has moved.
    public static let staleControllerEpoch = KafkaErrorCode(rawValue: 11)

    /// OFFSET_METADATA_TOO_LARGE: the text kept with the offset is too long.
    public static let offsetMetadataTooLarge = KafkaErrorCode(rawValue: 12)

    /// NETWORK_EXCEPTION: the connection ended before the answer came.
    public static let networkException = KafkaErrorCode(rawValue: 13)

    /// COORDINATOR_LOAD_IN_PROGRESS: the coordinator is still starting.
    public static let coordinatorLoadInProgress = KafkaErrorCode(rawValue: 14)

    /// COORDINATOR_NOT_AVAILABLE: there is no coordinator at the moment.
    public static let coordinatorNotAvailable = KafkaErrorCode(rawValue: 15)

    /// NOT_COORDINATOR: another broker is the coordinator.
    public static let notCoordinator = KafkaErrorCode(rawValue: 16)

    /// INVALID_TOPIC_EXCEPTION: the topic's name is not valid, or the topic is not to be used so.
    public static let invalidTopicException = KafkaErrorCode(rawValue: 17)

    /// RECORD_LIST_TOO_LARGE: the batch is larger than a log segment.
    public static let recordListTooLarge = KafkaErrorCode(rawValue: 18)

    /// NOT_ENOUGH_REPLICAS: too few replicas are in sync; nothing was written.
    public static let notEnoughReplicas = KafkaErrorCode(rawValue: 19)

    /// NOT_ENOUGH_REPLICAS_AFTER_APPEND: written, but to fewer replicas than demanded.
    public static let notEnoughReplicasAfterAppend = KafkaErrorCode(rawValue: 20)

    /// INVALID_REQUIRED_ACKS: the number of acknowledgements asked for is not valid.
    public static let invalidRequiredAcks = KafkaErrorCode(rawValue: 21)

    /// ILLEGAL_GENERATION: the group has another generation by now.
    public static let illegalGeneration = KafkaErrorCode(rawValue: 22)

    /// INCONSISTENT_GROUP_PROTOCOL: the member's protocols do not go with those of the group.
    public static let inconsistentGroupProtocol = KafkaErrorCode(rawValue: 23)

    /// INVALID_GROUP_ID: the group's name is not valid.
    public static let invalidGroupID = KafkaErrorCode(rawValue: 24)

    /// UNKNOWN_MEMBER_ID: the group has no such member.
    public static let unknownMemberID = KafkaErrorCode(rawValue: 25)

    /// INVALID_SESSION_TIMEOUT: the session timeout is outside the broker's bounds.
    public static let invalidSessionTimeout = KafkaErrorCode(rawValue: 26)

    /// REBALANCE_IN_PROGRESS: the group is being balanced anew: join again.
    public static let rebalanceInProgress = KafkaErrorCode(rawValue: 27)

    /// INVALID_COMMIT_OFFSET_SIZE: what is to be committed is too large.
    public static let invalidCommitOffsetSize = KafkaErrorCode(rawValue: 28)

    /// TOPIC_AUTHORIZATION_FAILED: not allowed for this topic.
    public static let topicAuthorizationFailed = KafkaErrorCode(rawValue: 29)

    /// GROUP_AUTHORIZATION_FAILED: not allowed for this group.
    public static let groupAuthorizationFailed = KafkaErrorCode(rawValue: 30)

    /// CLUSTER_AUTHORIZATION_FAILED: not allowed for this cluster.
    public static let clusterAuthorizationFailed = KafkaErrorCode(rawValue: 31)

    /// INVALID_TIMESTAMP: a timestamp is outside the topic's bounds.
    public static let invalidTimestamp = KafkaErrorCode(rawValue: 32)

    /// UNSUPPORTED_SASL_MECHANISM: the broker does not offer the SASL mechanism.
    public static let unsupportedSASLMechanism = KafkaErrorCode(rawValue: 33)

    /// ILLEGAL_SASL_STATE: the request does not fit the state of the SASL exchange.
    public static let illegalSASLState = KafkaErrorCode(rawValue: 34)

    /// UNSUPPORTED_VERSION: the broker does not know this version of the interface.
    public static let unsupportedVersion = KafkaErrorCode(rawValue: 35)

    /// TOPIC_ALREADY_EXISTS: there is a topic of that name.
    public static let topicAlreadyExists = KafkaErrorCode(rawValue: 36)

    /// INVALID_PARTITIONS: the number of partitions is not valid.
    public static let invalidPartitions = KafkaErrorCode(rawValue: 37)

    /// INVALID_REPLICATION_FACTOR: the number of replicas is below one or above that of the brokers.
    public static let invalidReplicationFactor = KafkaErrorCode(rawValue: 38)

    /// INVALID_REPLICA_ASSIGNMENT: the brokers given for the replicas are not valid.
    public static let invalidReplicaAssignment = KafkaErrorCode(rawValue: 39)

    /// INVALID_CONFIG: a setting is not valid.
    public static let invalidConfig = KafkaErrorCode(rawValue: 40)

    /// NOT_CONTROLLER: another broker is the controller.
    public static let notController = KafkaErrorCode(rawValue: 41)

    /// INVALID_REQUEST: the request is not valid.
    public static let invalidRequest = KafkaErrorCode(rawValue: 42)

    /// UNSUPPORTED_FOR_MESSAGE_FORMAT: the topic's record format does not allow it.
    public static let unsupportedForMessageFormat = KafkaErrorCode(rawValue: 43)

    /// POLICY_VIOLATION: a policy of the cluster forbids it.
    public static let policyViolation = KafkaErrorCode(rawValue: 44)

    /// OUT_OF_ORDER_SEQUENCE_NUMBER: a sequence number does not follow the last one: records are missing.
    public static let outOfOrderSequenceNumber = KafkaErrorCode(rawValue: 45)

    /// DUPLICATE_SEQUENCE_NUMBER: the records were written before.
    public static let duplicateSequenceNumber = KafkaErrorCode(rawValue: 46)

    /// INVALID_PRODUCER_EPOCH: the producer's epoch is old.
    public static let invalidProducerEpoch = KafkaErrorCode(rawValue: 47)

    /// INVALID_TXN_STATE: the transaction's state does not allow it.
    public static let invalidTxnState = KafkaErrorCode(rawValue: 48)

    /// INVALID_PRODUCER_ID_MAPPING: the producer id is not that of the transactional id.
    public static let invalidProducerIDMapping = KafkaErrorCode(rawValue: 49)

    /// INVALID_TRANSACTION_TIMEOUT: the transaction timeout is above the broker's bound.
    public static let invalidTransactionTimeout = KafkaErrorCode(rawValue: 50)

    /// CONCURRENT_TRANSACTIONS: the transaction before is still being ended.
    public static let concurrentTransactions = KafkaErrorCode(rawValue: 51)

    /// TRANSACTION_COORDINATOR_FENCED: the transaction has another coordinator by now.
    public static let transactionCoordinatorFenced = KafkaErrorCode(rawValue: 52)

    /// TRANSACTIONAL_ID_AUTHORIZATION_FAILED: not allowed for this transactional id.
    public static let transactionalIDAuthorizationFailed = KafkaErrorCode(rawValue: 53)

    /// SECURITY_DISABLED: the cluster has no authorizer.
    public static let securityDisabled = KafkaErrorCode(rawValue: 54)

    /// OPERATION_NOT_ATTEMPTED: not tried, since another part of the request failed.
    public static let operationNotAttempted = KafkaErrorCode(rawValue: 55)

    /// KAFKA_STORAGE_ERROR: the broker's disk failed.
    public static let kafkaStorageError = KafkaErrorCode(rawValue: 56)

    /// LOG_DIR_NOT_FOUND: the broker has no such directory.
    public static let logDirNotFound = KafkaErrorCode(rawValue: 57)

    /// SASL_AUTHENTICATION_FAILED: the broker refused the credentials.
    public static let saslAuthenticationFailed = KafkaErrorCode(rawValue: 58)

    /// UNKNOWN_PRODUCER_ID: the partition does not remember the producer.
    public static let unknownProducerID = KafkaErrorCode(rawValue: 59)

    /// REASSIGNMENT_IN_PROGRESS: the partition is being moved.
    public static let reassignmentInProgress = KafkaErrorCode(rawValue: 60)

    /// DELEGATION_TOKEN_AUTH_DISABLED: delegation tokens are off.
    public static let delegationTokenAuthDisabled = KafkaErrorCode(rawValue: 61)

    /// DELEGATION_TOKEN_NOT_FOUND: there is no such delegation token.
    public static let delegationTokenNotFound = KafkaErrorCode(rawValue: 62)

    /// DELEGATION_TOKEN_OWNER_MISMATCH: the delegation token is another's.
    public static let delegationTokenOwnerMismatch = KafkaErrorCode(rawValue: 63)

    /// DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: delegation tokens are not given out on such a connection.
    public static let delegationTokenRequestNotAllowed = KafkaErrorCode(rawValue: 64)

    /// DELEGATION_TOKEN_AUTHORIZATION_FAILED: not allowed for this delegation token.
    public static let delegationTokenAuthorizationFailed = KafkaErrorCode(rawValue: 65)

    /// DELEGATION_TOKEN_EXPIRED: the delegation token has expired.
    public static let delegationTokenExpired = KafkaErrorCode(rawValue: 66)

    /// INVALID_PRINCIPAL_TYPE: the kind of principal is not known.
    public static let invalidPrincipalType = KafkaErrorCode(rawValue: 67)

    /// NON_EMPTY_GROUP: the group has members.
    public static let nonEmptyGroup = KafkaErrorCode(rawValue: 68)

    /// GROUP_ID_NOT_FOUND: there is no such group.
    public static let groupIDNotFound = KafkaErrorCode(rawValue: 69)

    /// FETCH_SESSION_ID_NOT_FOUND: the broker has no such fetch session any more.
    public static let fetchSessionIDNotFound = KafkaErrorCode(rawValue: 70)

    /// INVALID_FETCH_SESSION_EPOCH: the request does not follow the last one of its fetch session.
    public static let invalidFetchSessionEpoch = KafkaErrorCode(rawValue: 71)

    /// LISTENER_NOT_FOUND: the leader has no listener like the one that was asked.
    public static let listenerNotFound = KafkaErrorCode(rawValue: 72)

    /// TOPIC_DELETION_DISABLED: topics cannot be deleted.
    public static let topicDeletionDisabled = KafkaErrorCode(rawValue: 73)

    /// FENCED_LEADER_EPOCH: the leader epoch is older than the broker's.
    public static let fencedLeaderEpoch = KafkaErrorCode(rawValue: 74)

    /// UNKNOWN_LEADER_EPOCH: the leader epoch is newer than the broker's.
    public static let unknownLeaderEpoch = KafkaErrorCode(rawValue: 75)

    /// UNSUPPORTED_COMPRESSION_TYPE: this version of the request does not allow the compression.
    public static let unsupportedCompressionType = KafkaErrorCode(rawValue: 76)

    /// STALE_BROKER_EPOCH: the broker's epoch is old.
    public static let staleBrokerEpoch = KafkaErrorCode(rawValue: 77)

    /// OFFSET_NOT_AVAILABLE: the new leader does not know its offsets yet.
    public static let offsetNotAvailable = KafkaErrorCode(rawValue: 78)

    /// MEMBER_ID_REQUIRED: join again with the member id given.
    public static let memberIDRequired = KafkaErrorCode(rawValue: 79)

    /// PREFERRED_LEADER_NOT_AVAILABLE: the preferred leader is not there.
    public static let preferredLeaderNotAvailable = KafkaErrorCode(rawValue: 80)

    /// GROUP_MAX_SIZE_REACHED: the group is full.
    public static let groupMaxSizeReached = KafkaErrorCode(rawValue: 81)

    /// FENCED_INSTANCE_ID: another member has taken the fixed name.
    public static let fencedInstanceID = KafkaErrorCode(rawValue: 82)

    /// ELIGIBLE_LEADERS_NOT_AVAILABLE: no replica can be elected.
    public static let eligibleLeadersNotAvailable = KafkaErrorCode(rawValue: 83)

    /// ELECTION_NOT_NEEDED: the partition needs no election.
    public static let electionNotNeeded = KafkaErrorCode(rawValue: 84)

    /// NO_REASSIGNMENT_IN_PROGRESS: the partition is not being moved.
    public static let noReassignmentInProgress = KafkaErrorCode(rawValue: 85)

    /// GROUP_SUBSCRIBED_TO_TOPIC: the group still reads the topic.
    public static let groupSubscribedToTopic = KafkaErrorCode(rawValue: 86)

    /// INVALID_RECORD: the broker found a record not valid.
    public static let invalidRecord = KafkaErrorCode(rawValue: 87)

    /// UNSTABLE_OFFSET_COMMIT: a transaction over the offsets is still open.
    public static let unstableOffsetCommit = KafkaErrorCode(rawValue: 88)

    /// THROTTLING_QUOTA_EXCEEDED: past a quota: wait and try again.
    public static let throttlingQuotaExceeded = KafkaErrorCode(rawValue: 89)

    /// PRODUCER_FENCED: a newer producer has taken the transactional id.
    public static let producerFenced = KafkaErrorCode(rawValue: 90)

    /// RESOURCE_NOT_FOUND: there is no such resource.
    public static let resourceNotFound = KafkaErrorCode(rawValue: 91)

    /// DUPLICATE_RESOURCE: the request names a resource twice.
    public static let duplicateResource = KafkaErrorCode(rawValue: 92)

    /// UNACCEPTABLE_CREDENTIAL: the credential does not meet the rules.
    public static let unacceptableCredential = KafkaErrorCode(rawValue: 93)

    /// INCONSISTENT_VOTER_SET: sender or receiver is no voter.
    public static let inconsistentVoterSet = KafkaErrorCode(rawValue: 94)

    /// INVALID_UPDATE_VERSION: the version to update to is not valid.
    public static let invalidUpdateVersion = KafkaErrorCode(rawValue: 95)

    /// FEATURE_UPDATE_FAILED: the features could not be updated.
    public static let featureUpdateFailed = KafkaErrorCode(rawValue: 96)

    /// PRINCIPAL_DESERIALIZATION_FAILURE: a forwarded principal could not be read.
    public static let principalDeserializationFailure = KafkaErrorCode(rawValue: 97)

    /// SNAPSHOT_NOT_FOUND: there is no such snapshot.
    public static let snapshotNotFound = KafkaErrorCode(rawValue: 98)

    /// POSITION_OUT_OF_RANGE: the snapshot has no such position.
    public static let positionOutOfRange = KafkaErrorCode(rawValue: 99)

    /// UNKNOWN_TOPIC_ID: the broker has no topic of that id.
    public static let unknownTopicID = KafkaErrorCode(rawValue: 100)

    /// DUPLICATE_BROKER_REGISTRATION: the broker's number is taken.
    public static let duplicateBrokerRegistration = KafkaErrorCode(rawValue: 101)

    /// BROKER_ID_NOT_REGISTERED: the broker's number is not registered.
    public static let brokerIDNotRegistered = KafkaErrorCode(rawValue: 102)

    /// INCONSISTENT_TOPIC_ID: the topic's id is another than the log's.
    public static let inconsistentTopicID = KafkaErrorCode(rawValue: 103)

    /// INCONSISTENT_CLUSTER_ID: the broker belongs to another cluster.
    public static let inconsistentClusterID = KafkaErrorCode(rawValue: 104)

    /// TRANSACTIONAL_ID_NOT_FOUND: there is no such transactional id.
    public static let transactionalIDNotFound = KafkaErrorCode(rawValue: 105)

    /// FETCH_SESSION_TOPIC_ID_ERROR: the fetch session mixes topic ids and names.
    public static let fetchSessionTopicIDError = KafkaErrorCode(rawValue: 106)

    /// INELIGIBLE_REPLICA: a replica cannot be in sync.
    public static let ineligibleReplica = KafkaErrorCode(rawValue: 107)

    /// NEW_LEADER_ELECTED: the partition has a new leader.
    public static let newLeaderElected = KafkaErrorCode(rawValue: 108)

    /// OFFSET_MOVED_TO_TIERED_STORAGE: the offset lies in tiered storage.
    public static let offsetMovedToTieredStorage = KafkaErrorCode(rawValue: 109)

    /// FENCED_MEMBER_EPOCH: the member's epoch is fenced: give up the partitions and join again.
    public static let fencedMemberEpoch = KafkaErrorCode(rawValue: 110)

    /// UNRELEASED_INSTANCE_ID: another member still has the fixed name.
    public static let unreleasedInstanceID = KafkaErrorCode(rawValue: 111)

    /// UNSUPPORTED_ASSIGNOR: the group does not know the assignor.
    public static let unsupportedAssignor = KafkaErrorCode(rawValue: 112)

    /// STALE_MEMBER_EPOCH: the member's epoch is old: try again after the next heartbeat.
    public static let staleMemberEpoch = KafkaErrorCode(rawValue: 113)

    /// MISMATCHED_ENDPOINT_TYPE: sent to the wrong kind of endpoint.
    public static let mismatchedEndpointType = KafkaErrorCode(rawValue: 114)

    /// UNSUPPORTED_ENDPOINT_TYPE: the kind of endpoint is not known.
    public static let unsupportedEndpointType = KafkaErrorCode(rawValue: 115)

    /// UNKNOWN_CONTROLLER_ID: there is no such controller.
    public static let unknownControllerID = KafkaErrorCode(rawValue: 116)

    /// UNKNOWN_SUBSCRIPTION_ID: the telemetry subscription is old.
    public static let unknownSubscriptionID = KafkaErrorCode(rawValue: 117)

    /// TELEMETRY_TOO_LARGE: the telemetry is too large.
    public static let telemetryTooLarge = KafkaErrorCode(rawValue: 118)

    /// INVALID_REGISTRATION: the controller refused the registration.
    public static let invalidRegistration = KafkaErrorCode(rawValue: 119)

    /// TRANSACTION_ABORTABLE: the transaction failed and must be aborted.
    public static let transactionAbortable = KafkaErrorCode(rawValue: 120)

    /// INVALID_RECORD_STATE: the records cannot be acknowledged any more.
    public static let invalidRecordState = KafkaErrorCode(rawValue: 121)

    /// SHARE_SESSION_NOT_FOUND: there is no such share session.
    public static let shareSessionNotFound = KafkaErrorCode(rawValue: 122)

    /// INVALID_SHARE_SESSION_EPOCH: the request does not follow the last one of its share session.
    public static let invalidShareSessionEpoch = KafkaErrorCode(rawValue: 123)

    /// FENCED_STATE_EPOCH: the epoch of the share group's state is old.
    public static let fencedStateEpoch = KafkaErrorCode(rawValue: 124)

    /// INVALID_VOTER_KEY: the voter's key is another.
    public static let invalidVoterKey = KafkaErrorCode(rawValue: 125)

    /// DUPLICATE_VOTER: the voter is in the set already.
    public static let duplicateVoter = KafkaErrorCode(rawValue: 126)

    /// VOTER_NOT_FOUND: the voter is not in the set.
    public static let voterNotFound = KafkaErrorCode(rawValue: 127)

    /// INVALID_REGULAR_EXPRESSION: the regular expression is not valid.
    public static let invalidRegularExpression = KafkaErrorCode(rawValue: 128)

    /// REBOOTSTRAP_REQUIRED: the client's metadata is too old: begin with the first brokers again.
    public static let rebootstrapRequired = KafkaErrorCode(rawValue: 129)

    /// STREAMS_INVALID_TOPOLOGY: the topology is not valid.
    public static let streamsInvalidTopology = KafkaErrorCode(rawValue: 130)

    /// STREAMS_INVALID_TOPOLOGY_EPOCH: the topology's epoch is not valid.
    public static let streamsInvalidTopologyEpoch = KafkaErrorCode(rawValue: 131)

    /// STREAMS_TOPOLOGY_FENCED: the topology's epoch is old.
    public static let streamsTopologyFenced = KafkaErrorCode(rawValue: 132)

    /// SHARE_SESSION_LIMIT_REACHED: there are too many share sessions.
    public static let shareSessionLimitReached = KafkaErrorCode(rawValue: 133)
}
