//! #[global_once(key = "job")]
//! async fn job(mut self: Box<Self>) -> Result<u32, Error> { self.bump(); Ok(self.count) }

async fn job(self: Box<Self>) -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new();
            &__LW_POLICY
        },
        ::core::option::Option::None,
        "job",
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            __lw_runtime::Step::Run(__lw_attempt) => __lw_attempt,
            __lw_runtime::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            let lw_self = __lw_runtime::clone_arg(&self);
            let _ = &lw_self;
            __lw_runtime::drive(
                    &__lw_attempt,
                    async move {
                        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                            Result<u32, Error>,
                        > {
                            return returned;
                        }
                        #[allow(
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated
                        )]
                        let mut lw_self = lw_self;
                        let _ = &lw_self;
                        match () {
                            () => {
                                lw_self.bump();
                                Ok(lw_self.count)
                            }
                        }
                    },
                )
                .await
        };
        if let ::core::option::Option::Some(__lw_returned) = __lw_call
            .settle(__lw_driven)
        {
            return __lw_returned;
        }
    }
}
